"""Jobs for tests that interrupt them."""

from __future__ import annotations

import shlex
from pathlib import Path

from cluster.client import Client


def sleeper(cluster: Client, folder: Path, *options: str) -> str:
    """Submit a job that writes its node's name each time it starts, and sleeps."""
    script = f"echo $SLURMD_NODENAME >>{shlex.quote(str(folder))}/starts; sleep 600 & sleep 600"
    return cluster.submit("-o", "/dev/null", "-t", "10", "--requeue", *options, f"--wrap={script}")


def catcher(folder: Path) -> str:
    """Return a script that notes that it got USR2 and ends."""
    got = f"trap 'echo USR2 >{folder}/got; exit' USR2"
    return f"{got}; touch {folder}/armed; while :; do sleep 0.1; done"


def starts(folder: Path) -> list[str]:
    """Return the nodes on which the sleeping job has started."""
    path = folder / "starts"
    return path.read_text(encoding="utf-8").split() if path.exists() else []

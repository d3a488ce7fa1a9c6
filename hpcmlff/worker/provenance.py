"""Where a result comes from: versions, commit, machine, threads, time spent."""

from __future__ import annotations

import os
import platform
import re
import resource
import socket
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PACKAGES = ("hpcmlff", "numpy", "scipy", "torch", "schnetpack", "sgdml", "h5py", "submitit", "ase")
_GIT_TIMEOUT_S = 10
_BEARING = ("cpu", "gpu", "threads", "packages")
"""What the last bits of a result depend on."""


def provenance(device: str, threads: int) -> dict[str, Any]:
    """Return what is the same throughout an attempt, as plain JSON values.

    Parameters
    ----------
    device
        ``cpu`` or ``cuda``.
    threads
        Threads of the numerical libraries.
    """
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "git_commit": git_commit(),
        "host": socket.gethostname(),
        "cpu": _cpu(),
        "gpu": _gpu() if device == "cuda" else None,
        "threads": threads,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
    }


def moves(shares: Sequence[Mapping[str, Any]]) -> list[str]:
    """Tell where a training went on under other circumstances, so that its last bits may differ.

    Parameters
    ----------
    shares
        Each attempt's part of the training, in order, with what `provenance` returned.
    """
    return [
        f"attempt {after['attempt']}: {what} {after.get(what)} after {before.get(what)}"
        for before, after in pairwise(shares)
        for what in _BEARING
        if after.get(what) != before.get(what)
    ]


def git_commit() -> str | None:
    """Return the commit of a checkout that hpcmlff runs from, ``-dirty`` if changed."""
    checkout = Path(__file__).resolve().parents[2]
    if not (checkout / ".git").exists():
        # Installed, perhaps below somebody's own repository, whose commit says nothing of us.
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def cpu_s() -> float:
    """Return the CPU time of this process and its finished children, in seconds."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_mem_gb() -> float:
    """Return the largest resident memory of this process so far, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _version(name: str) -> str | None:
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return None
    text = installed.read_text("METADATA") or installed.read_text("PKG-INFO") or ""
    # Parsing nine descriptions whole costs as much as importing a library.
    found = re.search(r"^Version: *(\S+)", text, re.M)
    return found[1] if found else None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} ({os.cpu_count()} cores)"


def _gpu() -> str | None:
    """Name the GPU. Untested: no machine with a GPU was at hand."""
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None

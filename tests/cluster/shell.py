"""Start a private Slurm cluster and run a shell or a command on it.

python tests/cluster/shell.py                        a shell; the cluster ends with it
python tests/cluster/shell.py -- sinfo               one command
python tests/cluster/shell.py --no-accounting -- python -m hpcmlff.submit grid.yaml
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cluster.client import SlurmError, variables
from cluster.options import ClusterOptions
from cluster.packages import INSTALL, missing_programs
from cluster.slurm import SlurmCluster


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    arguments = _parser().parse_args(argv)
    missing = missing_programs()
    if missing:
        return _say(f"error: not on this machine: {', '.join(missing)}; {INSTALL}")
    try:
        with SlurmCluster(_options(arguments)) as cluster:
            return _run(cluster, arguments.command)
    except (SlurmError, ValueError) as error:
        return _say(f"error: {error}")
    except KeyboardInterrupt:
        return 130


def _options(arguments: argparse.Namespace) -> ClusterOptions:
    return ClusterOptions(
        accounting=arguments.accounting,
        preempt_send_user_signal=arguments.preempt_signal,
        requeue_delay_s=arguments.requeue_delay,
    )


def _run(cluster: SlurmCluster, command: list[str]) -> int:
    if not command:
        _say(f"Slurm runs in {cluster.place.root}; `exit` ends it. Try: sinfo")
    words = command or [os.environ.get("SHELL", "/bin/sh")]
    try:
        return subprocess.run(words, env=variables(cluster.place), check=False).returncode
    except OSError as error:
        return _say(f"error: {words[0]}: {error.strerror}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--no-accounting", dest="accounting", action="store_false", help="without slurmdbd"
    )
    parser.add_argument(
        "--preempt-signal", action="store_true", help="preempted jobs get the signal they ask for"
    )
    parser.add_argument(
        "--requeue-delay",
        type=int,
        default=ClusterOptions.requeue_delay_s,
        metavar="SECONDS",
        help="how long a requeued job waits, from 5 on (default: %(default)s, Slurm's own)",
    )
    parser.add_argument("command", nargs="*", help="what to run; a shell if left out")
    return parser


def _say(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

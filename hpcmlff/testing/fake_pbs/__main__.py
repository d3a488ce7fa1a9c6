"""``python -m hpcmlff.testing.fake_pbs``: a shell or a command in front of a fake PBS."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import psutil

from hpcmlff import console
from hpcmlff.testing.fake_pbs import HURRIED, FakeNode, FakePbs, FakePbsOptions, FakeQueue

_EXAMPLES = console.examples(
    "python -m hpcmlff.testing.fake_pbs                 a shell; exit ends the server and its jobs",
    "python -m hpcmlff.testing.fake_pbs -- qstat -B     one command",
)


@click.command(epilog=_EXAMPLES)
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.option("--history", is_flag=True, help="The server remembers finished jobs.")
@click.option("--submit-from-jobs", is_flag=True, help="qsub works in jobs.")
def command(words: tuple[str, ...], *, history: bool, submit_from_jobs: bool) -> int:
    """Run COMMAND, or a shell, where qsub, qstat and qdel belong to a fake PBS.

    Jobs are processes of this machine; the queues are workq and gpuq.
    """
    options = FakePbsOptions(
        nodes=(_this_machine(),),
        queues=(FakeQueue(name="workq"), FakeQueue(name="gpuq")),
        history=history,
        submit_from_jobs=submit_from_jobs,
        array_cap=1000,
        delays=HURRIED,
    )
    with tempfile.TemporaryDirectory() as folder, FakePbs(Path(folder) / "pbs", options) as pbs:
        started = words or (os.environ.get("SHELL", "/bin/sh"),)
        return subprocess.run(started, env=os.environ | pbs.environment, check=False).returncode


def _this_machine() -> FakeNode:
    memory_gb = psutil.virtual_memory().total / 2**30
    return FakeNode(name="node1", ncpus=os.cpu_count() or 1, mem_gb=memory_gb)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.testing.fake_pbs", argv)


if __name__ == "__main__":
    sys.exit(main())

"""How long do the commands take that look at, and steer, ten thousand cells in all states?

The real commands, as processes, Python's start included. The store is made directly, with nine
jobs of which a squeue tells that is no Slurm's; nothing waits for the disk while it is made.

python tests/benchmarks/looking.py                 10,000 cells, about a minute
python tests/benchmarks/looking.py --cells 1000
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from outcome import Figure, say, tell
from store.many import KINDS, Many, make_many
from study import run_module

from hpcmlff.spec.states import CellState

STATUS_GOAL_S, GOAL_S, CALLS_GOAL = 2.0, 1.0, 1
"""What is aimed at for 10,000 cells: for all of them, for one, and calls of the scheduler."""

REPEATS, POLL_S = 3, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        many = make_many(Path(folder) / "store", given.cells, f"{POLL_S}s")
        say(f"made {given.cells} cells")
        programs = Path(folder) / "bin"
        many.put_slurm(programs)
        (programs / "scancel").write_text("#!/bin/sh\n", encoding="ascii")
        (programs / "scancel").chmod(0o755)
        return tell("looking", [Figure(name="cells", value=given.cells), *_figures(many, programs)])


def _figures(many: Many, programs: Path) -> Iterator[Figure]:
    running, failed = (many.of(state)[0].id for state in (CellState.RUNNING, CellState.FAILED))
    commands = {
        "status": (["status"], STATUS_GOAL_S),
        "status_pattern": (["status", "schnet/glycine/*"], STATUS_GOAL_S),
        "status_all": (["status", "--all"], STATUS_GOAL_S),
        "status_json": (["status", "--json"], STATUS_GOAL_S),
        "show": (["show", running], GOAL_S),
        "logs": (["logs", running], GOAL_S),
        "retry_nothing": (["retry", failed, "state!=failed"], GOAL_S),
        "cancel_some": (["cancel", "schnet/glycine/n200", "--yes"], STATUS_GOAL_S),
        "cancel": (["cancel", "--yes"], STATUS_GOAL_S),
    }
    for name, (words, goal) in commands.items():
        took, cpu, calls = _measured(many, programs, words)
        yield Figure(name=f"{name}_s", value=took, goal=goal)
        yield Figure(name=f"{name}_cpu_s", value=cpu)
        yield Figure(name=f"{name}_scheduler_calls", value=calls, goal=CALLS_GOAL)


def _measured(many: Many, programs: Path, words: list[str]) -> tuple[float, float, int]:
    """Return the least time and CPU time of a command, and its calls of squeue."""
    module = [f"hpcmlff.{words[0]}", str(many.store.path), *words[1:]]
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    took, cpu = [], []
    for _ in range(REPEATS):
        # Older than `poll_interval`, or the answer of the command before would be taken.
        time.sleep(1.2 * POLL_S)
        (programs / "calls").unlink(missing_ok=True)
        before = _cpu_s()
        took.append(run_module(module, environment).seconds)
        cpu.append(_cpu_s() - before)
    calls = programs / "calls"
    return min(took), min(cpu), len(calls.read_text().splitlines()) if calls.exists() else 0


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    text = f"a multiple of {KINDS} (%(default)s)"
    parser.add_argument("--cells", type=int, default=10_000, help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())

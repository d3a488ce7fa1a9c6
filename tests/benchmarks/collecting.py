"""How long does collect take on a store of many finished cells?

Two models, two molecules, ten sizes and as many seeds as it takes; every cell has predictions on
1,000 test frames and half a MB of weights. Written without waiting for the disk, which has nothing
to do with what is measured. The CPU time tells what a machine that is busy otherwise hides.

python tests/benchmarks/collecting.py                1,000 cells, two minutes and 700 MB
python tests/benchmarks/collecting.py --cells 4000
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from evidence.finished import FinishedStore, Outcome, make_finished
from outcome import Figure, say, tell

from hpcmlff.spec.cells import Cell
from hpcmlff.spec.grid import SplitSettings

GOAL_S = 3.0
"""What is aimed at for 1,000 cells that are known but for some new ones, figures included."""

NEW = 20
"""Cells of one molecule that become done between two collections."""

SIZES = tuple(range(100, 1100, 100))
WEIGHTS = 120_000

Times = tuple[float, float]
"""Wall and CPU time."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        repeats = range(given.repeats)
        made, later = _made(Path(folder) / "store", given.cells, given.repeats)
        first = [_collect(made)]
        same = [_collect(made) for _ in repeats]
        bare = [_collect(made, "--no-plots") for _ in repeats]
        after = [_after(made, later, turn) for turn in repeats]
        page_mb = (made.store.path / "report" / "results.html").stat().st_size / 1e6
    return tell(
        "collecting",
        [
            Figure(name="cells", value=given.cells),
            *_figures("first_time", first, None),
            *_figures("nothing_new", same, GOAL_S),
            *_figures("nothing_new_no_plots", bare, GOAL_S),
            *_figures(f"{NEW}_more_cells", after, GOAL_S),
            Figure(name="page_mb", value=page_mb),
        ],
    )


def _figures(name: str, times: Sequence[Times], goal: float | None) -> list[Figure]:
    walls, cpus = zip(*times, strict=True)
    return [
        Figure(name=f"{name}_s", value=median(walls), goal=goal),
        Figure(name=f"{name}_cpu_s", value=median(cpus)),
    ]


def _made(path: Path, number: int, repeats: int) -> tuple[FinishedStore, list[Cell]]:
    seeds = max(1, number // (4 * len(SIZES)))
    more = -(-NEW * repeats // (2 * len(SIZES)))
    made = make_finished(
        path,
        molecules=("one", "two"),
        sizes=SIZES,
        seeds=range(seeds + more),
        frames=2300,
        split=SplitSettings(validation=200, test=1000),
    )
    later = [c for c in made.frozen.cells if c.seed >= seeds and c.molecule == "one"]
    began = time.perf_counter()
    for cell in made.frozen.cells:
        if cell.seed < seeds:
            made.finish(cell, _weigh)
    say(f"made {number} cells in {time.perf_counter() - began:.0f} s")
    return made, later


def _weigh(outcome: Outcome) -> None:
    outcome.model["weights"] = np.zeros(WEIGHTS, dtype=np.float32)


def _after(made: FinishedStore, later: list[Cell], turn: int) -> Times:
    for cell in later[turn * NEW : (turn + 1) * NEW]:
        made.finish(cell, _weigh)
    return _collect(made)


def _collect(made: FinishedStore, *options: str) -> Times:
    """Return how long the command takes as users give it, its start included."""
    options = options or ("--html",)
    command = [sys.executable, "-m", "hpcmlff.collect", str(made.store.path), *options]
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall_s, after = time.perf_counter() - began, os.times()
    cpu_s = after.children_user + after.children_system
    return wall_s, cpu_s - before.children_user - before.children_system


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--cells", type=int, default=1000, help="in the store (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="of each (%(default)s)")
    parser.add_argument("--folder", type=Path, help="where to write (the system's for such)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

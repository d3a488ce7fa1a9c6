"""How fast is our SchNet engine beside schnetpack, Lightning and an ASE database?

Both sides in turns, each in a process of its own, with the same model, batch size, frames, threads
and validation: after each pass through the training frames, as Lightning does. schnetpack's side
is its tutorial on force models (see schnet_stock.py); what the tutorial leaves open, neighbour
lists and workers of the data loader, is tried first, and the fastest is taken. A side runs on as
many cores as it has threads. Times are medians of passes in the steady state: imports, the
database, first steps and checkpoints are left out, and told apart.

Beside it the floor: loss and gradient alone, on one batch made ready, in the same process in turns
with steps whose validations are left out.

On a machine that does other work, use --threads 1 and look at the ratios of CPU time as well.

python tests/benchmarks/schnet_engine.py                  some 20 minutes
python tests/benchmarks/schnet_engine.py --quick
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from outcome import Figure, tell
from schnet_runner import TUTORIAL, Runner

CONFIGURATIONS = {
    "64x10": {"features": 64, "batch_size": 10},
    "64x100": {"features": 64, "batch_size": 100},
    "128x10": {"features": 128, "batch_size": 10},
}
"""What is trained: features and frames in a batch."""

GOALS = {"64x10": 1 / 2.7, "64x100": 1 / 2.9, "128x10": 1 / 1.8}
"""The most that a step of ours may take, as a part of stock's."""

COMPILED, COMPILED_GOAL = "64x100", 1 / 3.5
"""What is trained compiled as well, and the same for it."""

FLOOR_GOAL = 1.1
"""The most that a step of ours may take without validation, over the floor."""

AGREEMENT_GOAL_PPM = 10.0
"""The most that the losses of both sides may differ for the same weights and frames."""

CHECKPOINT_GOAL_PERCENT, INTERVAL_S = 1.0, 300.0
"""The most that a checkpoint may cost of the time between two."""

LOADERS = [
    TUTORIAL,
    {"neighbours": "matscipy", "workers": 0},
    {"neighbours": "matscipy", "workers": 1},
    {"neighbours": "matscipy", "workers": 2},
]
"""Ways in which stock reads its database."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; return 1 if a goal is missed."""
    given = _parser().parse_args(argv)
    if given.quick:
        given.rounds, given.seconds = 1, 2.0
        given.only = given.only or ["64x10"]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        run = Runner(Path(folder), given.threads, given.seconds, given.rounds)
        figures = [
            figure
            for name in given.only or CONFIGURATIONS
            for figure in _of_configuration(run, name, compiled=given.compiled)
        ]
        figures += _starts(run)
        figures += _checkpoint(run)
    return tell("schnet_engine", figures)


def _of_configuration(run: Runner, name: str, *, compiled: bool) -> Iterator[Figure]:
    settings = CONFIGURATIONS[name]
    fastest, tutorial_s = _try_loaders(run, settings)
    yield Figure(name=f"{name}_step_tutorial_ms", value=1e3 * tutorial_s)
    sides = {"engine": ("engine_steps", settings), "stock": ("stock_steps", settings)}
    if compiled and name == COMPILED:
        sides["compiled"] = "engine_steps", settings | {"compile": True}
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for turn in range(run.rounds):
        # The order alternates, or a drift of the machine would favour one side.
        for side in sorted(sides, reverse=bool(turn % 2)):
            found[side].append(run.side(*sides[side], fastest))
    yield from _compared(name, "engine", found, GOALS[name])
    if "compiled" in found:
        yield from _compared(name, "compiled", found, COMPILED_GOAL)
        yield from _paid(name, found["compiled"])
    del sides["stock"]
    for side, (_, its_settings) in sides.items():
        yield from _floor(run, f"{name}_{side}", its_settings)
        yield from _agreement(run, f"{name}_{side}", its_settings)


def _paid(name: str, compiled: list[dict[str, float]]) -> Iterator[Figure]:
    """Tell what compiling costs: for the first time, and where the machine has done it before."""
    first, *again = (one["paid_s"] for one in compiled)
    yield Figure(name=f"{name}_compiling_s", value=first)
    if again:
        yield Figure(name=f"{name}_compiling_again_s", value=median(again))


def _agreement(run: Runner, name: str, settings: dict[str, Any]) -> Iterator[Figure]:
    same = run.side("agreement", settings)
    off = 1e6 * same["loss_off"]
    yield Figure(name=f"{name}_losses_differ_ppm", value=off, goal=AGREEMENT_GOAL_PPM)
    yield Figure(name=f"{name}_gradients_differ_ppm", value=1e6 * same["gradient_off"])


def _floor(run: Runner, name: str, settings: dict[str, Any]) -> Iterator[Figure]:
    """Compare a step with loss and gradient alone."""
    floors = [run.side("engine_floor", settings) for _ in range(run.rounds)]
    yield Figure(name=f"{name}_floor_ms", value=1e3 * median(one["floor_s"] for one in floors))
    over, over_cpu = (median(one[key] for one in floors) for key in ("over", "over_cpu"))
    yield Figure(name=f"{name}_step_without_validation_over_floor", value=over, goal=FLOOR_GOAL)
    yield Figure(name=f"{name}_the_same_in_cpu_time", value=over_cpu)


def _try_loaders(run: Runner, settings: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Return what is fastest for stock, and the time of a step as in the tutorial, s."""
    # On one core CPU time says the same as time, and other work on the machine disturbs it less.
    key = "step_cpu_s" if run.threads == 1 else "step_s"
    tried = [
        min(run.side("stock_steps", settings, loader)[key] for _ in range(min(2, run.rounds)))
        for loader in LOADERS
    ]
    return LOADERS[int(np.argmin(tried))], tried[0]


def _compared(
    name: str, side: str, found: dict[str, list[dict[str, float]]], goal: float
) -> Iterator[Figure]:
    pairs = list(zip(found[side], found["stock"], strict=True))
    for who in (side, "stock"):
        step_s = median(one["step_s"] for one in found[who])
        yield Figure(name=f"{name}_step_{who}_ms", value=1e3 * step_s)
    wall, cpu = (
        median(our[key] / stock[key] for our, stock in pairs) for key in ("step_s", "step_cpu_s")
    )
    yield Figure(name=f"{name}_{side}_ratio", value=wall, goal=goal)
    yield Figure(name=f"{name}_{side}_times_faster", value=1 / wall)
    yield Figure(name=f"{name}_{side}_times_less_cpu", value=1 / cpu)


def _starts(run: Runner) -> Iterator[Figure]:
    """Tell what passes before the first step; the second start of each is not cold."""
    settings = CONFIGURATIONS["64x10"]
    for side in ("engine", "stock"):
        told = [run.side(f"{side}_start", settings) for _ in range(1 + run.rounds)][1:]
        for stage in told[0]:
            value = median(one[stage] for one in told)
            yield Figure(name=f"start_{side}_{stage}_s", value=value)


def _checkpoint(run: Runner) -> Iterator[Figure]:
    for name in ("64x10", "128x10"):
        told = run.side("engine_checkpoint", CONFIGURATIONS[name])
        share = 100 * told["checkpoint_s"] / INTERVAL_S
        features = name.partition("x")[0]
        yield Figure(name=f"checkpoint_{features}_mb", value=told["size_mb"])
        yield Figure(name=f"checkpoint_{features}_ms", value=1e3 * told["checkpoint_s"])
        yield Figure(
            name=f"checkpoint_{features}_of_5_minutes_percent",
            value=share,
            goal=CHECKPOINT_GOAL_PERCENT,
        )


def _parser() -> argparse.ArgumentParser:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--folder", type=Path, help="where to write (the system's for such)")
    parser.add_argument("--rounds", type=int, default=5, help="of each (%(default)s)")
    parser.add_argument("--seconds", type=float, default=8.0, help="each lasts (%(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="(%(default)s)")
    parser.add_argument("--only", choices=CONFIGURATIONS, action="append", help="one of them")
    parser.add_argument("--compiled", action="store_true", help=f"for {COMPILED}, too")
    parser.add_argument("--quick", action="store_true", help="one short round of one of them")
    return parser


if __name__ == "__main__":
    sys.exit(main())

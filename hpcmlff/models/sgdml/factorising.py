"""A training by factorisation: some tiles at a time, then the solution."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hpcmlff.models.sgdml.arithmetic import arithmetic_on
from hpcmlff.models.sgdml.cost import GFLOP_PER_S, TERMS_PER_S, room_bytes
from hpcmlff.models.sgdml.fit import concluded, labels, solve, system_of
from hpcmlff.models.sgdml.state import tiling_of, work_of_training
from hpcmlff.models.sgdml.tiles import Tiles
from hpcmlff.models.sgdml.tiling import flops_of, work_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.models.protocol import ShouldStop, Task
    from hpcmlff.models.sgdml.factor import System
    from hpcmlff.models.sgdml.state import SgdmlState

_TELLING_SHARE = 0.5
"""A process that did less of a factorisation says nothing about rates."""


@dataclass(kw_only=True, eq=False)
class Factorisation:
    """The full factorisation while it is worked on."""

    system: System
    """The linear system."""
    steps: Iterator[tuple[int, int]]
    """Finishes a tile at each step and tells its row and column."""
    spent_s: float = 0.0
    """Time its steps took."""
    flops: float = 0.0
    """Operations they took."""

    def flush(self) -> None:
        """Wait until all tiles are on disk; raises `OSError` if one cannot be written."""
        self.system.tiles.flush()


def factorised(task: Task, state: SgdmlState, sigma: int, should_stop: ShouldStop) -> SgdmlState:
    """Finish tiles until a stop is due, after the last one the model.

    Raises
    ------
    numpy.linalg.LinAlgError
        The kernel matrix is not positive definite.
    TrainingError
        Energies contradict forces.
    """
    state = state if state.running else _begun(task, state, sigma)
    running, done = state.running, state.done
    assert isinstance(running, Factorisation)
    began = time.perf_counter()
    for row, column in running.steps:
        done += work_of(column)
        running.flops += flops_of(running.system.tiling, row, column)
        if should_stop():
            running.spent_s += time.perf_counter() - began
            return replace(state, done=done)
    running.spent_s += time.perf_counter() - began
    return _solved(task, state, running)


def _begun(task: Task, state: SgdmlState, sigma: int) -> SgdmlState:
    # Of another version's tiling no tile may be taken for one of these.
    key = f"factor-{sigma}-{tiling_of(task).widest}"
    tiles = Tiles(blocks=task.blocks, key=key, room_bytes=room_bytes(task))
    assert state.permutations is not None
    system = system_of(task, task.train, state.permutations, sigma, tiles)
    present = (tile[1] for tile in system.tiling.tiles() if tiles.has(*tile))
    finished = sum(map(work_of, present))
    steps = system.factorise(arithmetic_on(task.allocation.device))
    running = Factorisation(system=system, steps=steps)
    return replace(state, running=running, done=state.work - work_of_training(task) + finished)


def _solved(task: Task, state: SgdmlState, running: Factorisation) -> SgdmlState:
    assert state.permutations is not None
    kernel, rates = running.system.matrix.kernel, _rates(task, running)
    solution = solve(running.system, labels(kernel, task.train)[0])
    error, model = concluded(task, task.train, state.permutations, kernel, solution)
    found = replace(state, model=model, error=error, rates=rates)
    return replace(found, done=state.work, running=None)


def _rates(task: Task, running: Factorisation) -> dict[str, float]:
    """Return what estimates reckon with; nothing where this process had little to do."""
    system, watch = running.system, running.system.watch
    others_s = running.spent_s - watch.assembly_s
    if running.flops < _TELLING_SHARE * system.tiling.n**3 / 3 or others_s <= 0:
        return {}
    terms = watch.assembled * len(system.matrix.kernel.inverse)
    threads = task.allocation.threads
    return {
        GFLOP_PER_S: running.flops / others_s / threads / 1e9,
        TERMS_PER_S: terms / max(watch.assembly_s, 1e-9) / threads,
    }

"""The steps of a training: symmetries, candidates, tiles, solution."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Samples
from hpcmlff.models.sgdml.arithmetic import CpuArithmetic
from hpcmlff.models.sgdml.cost import GFLOP_PER_S, TERMS_PER_S, room_bytes
from hpcmlff.models.sgdml.fit import labels, model_of, solve, system_of, validate
from hpcmlff.models.sgdml.search import best, next_candidate, search_frames
from hpcmlff.models.sgdml.state import SgdmlState, work_of_candidate
from hpcmlff.models.sgdml.symmetries import find_symmetries
from hpcmlff.models.sgdml.tiles import Tiles
from hpcmlff.models.sgdml.tiling import flops_of, work_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpcmlff.models.protocol import ShouldStop, Task
    from hpcmlff.models.sgdml.arithmetic import Arithmetic
    from hpcmlff.models.sgdml.factor import System

UNUSABLE = float("inf")
"""Error of a length scale whose linear system cannot be solved."""


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


def advance(task: Task, state: SgdmlState, should_stop: ShouldStop) -> SgdmlState:
    """Do the next part: symmetries, a candidate, some tiles, or the solution.

    Raises
    ------
    TrainingError
        Energies contradict forces, or a kernel matrix is not positive definite.
    """
    with threadpool_limits(task.allocation.threads):
        if state.permutations is None:
            return replace(state, permutations=_symmetries(task), done=1)
        sigma = next_candidate(task.settings, state.tried, state.errors)
        if sigma is not None:
            return _tried(task, state, sigma)
        sigma = best(task.settings, state.tried, state.errors)
        if sigma is None:
            raise _unusable(task, state.tried.tolist())
        return _factorised(task, state, sigma, should_stop)


def _symmetries(task: Task) -> NDArray[np.int64]:
    if task.settings.symmetries:
        return find_symmetries(task.train.positions, task.species, task.seed)
    return np.arange(len(task.species))[None, :]


def _tried(task: Task, state: SgdmlState, sigma: int) -> SgdmlState:
    return replace(
        state,
        tried=np.append(state.tried, sigma),
        errors=np.append(state.errors, _error(task, state, sigma)),
        done=state.done + work_of_candidate(task),
    )


def _error(task: Task, state: SgdmlState, sigma: int) -> float:
    n_frames, n_atoms, _ = task.train.positions.shape
    train = _first(task.train, search_frames(n_frames, n_atoms))
    assert state.permutations is not None
    tiles = Tiles(blocks=None, key="", room_bytes=np.inf)
    system = system_of(task, train, state.permutations, sigma, tiles)
    try:
        for _ in system.factorise(_arithmetic(task)):
            pass
        solution = solve(system, labels(system, train)[0])
    except np.linalg.LinAlgError:
        return UNUSABLE
    model = model_of(task, train, state.permutations, system, solution)
    return validate(task, train, model)[0]


def _first(samples: Samples, n_frames: int) -> Samples:
    return Samples(
        positions=samples.positions[:n_frames],
        energies=samples.energies[:n_frames],
        forces=samples.forces[:n_frames],
    )


def _factorised(task: Task, state: SgdmlState, sigma: int, should_stop: ShouldStop) -> SgdmlState:
    state = state if state.running else _begun(task, state, sigma)
    running, done = state.running, state.done
    assert running is not None
    began = time.perf_counter()
    try:
        for row, column in running.steps:
            done += work_of(column)
            running.flops += flops_of(running.system.tiling, row, column)
            if should_stop():
                running.spent_s += time.perf_counter() - began
                return replace(state, done=done)
        running.spent_s += time.perf_counter() - began
        return _solved(task, state, running)
    except np.linalg.LinAlgError:
        raise _unusable(task, [sigma]) from None


def _begun(task: Task, state: SgdmlState, sigma: int) -> SgdmlState:
    tiles = Tiles(blocks=task.blocks, key=f"factor-{sigma}", room_bytes=room_bytes(task))
    assert state.permutations is not None
    system = system_of(task, task.train, state.permutations, sigma, tiles)
    present = (tile[1] for tile in system.tiling.tiles() if tiles.has(*tile))
    finished = sum(map(work_of, present))
    before = state.work - system.tiling.work - system.tiling.parts
    running = Factorisation(system=system, steps=system.factorise(_arithmetic(task)))
    return replace(state, running=running, done=before + finished)


def _solved(task: Task, state: SgdmlState, running: Factorisation) -> SgdmlState:
    assert state.permutations is not None
    system, rates = running.system, _rates(task, running)
    solution = solve(system, labels(system, task.train)[0])
    model = model_of(task, task.train, state.permutations, system, solution)
    error, whole = validate(task, task.train, model)
    found = replace(state, model=whole, error=error, rates=rates)
    return replace(found, done=state.work, running=None)


def _rates(task: Task, running: Factorisation) -> dict[str, float]:
    """Return what estimates reckon with; nothing where this process had little to do."""
    system, watch = running.system, running.system.watch
    others_s = running.spent_s - watch.assembly_s
    if running.flops < _TELLING_SHARE * system.tiling.n**3 / 3 or others_s <= 0:
        return {}
    terms = watch.assembled * len(system.kernel.inverse)
    threads = task.allocation.threads
    return {
        GFLOP_PER_S: running.flops / others_s / threads / 1e9,
        TERMS_PER_S: terms / max(watch.assembly_s, 1e-9) / threads,
    }


def _arithmetic(task: Task) -> Arithmetic:
    if task.allocation.device == "cpu":
        return CpuArithmetic()
    from hpcmlff.models.sgdml.cuda import TorchArithmetic

    return TorchArithmetic(task.allocation.device)


def _unusable(task: Task, sigmas: list[int]) -> TrainingError:
    tried = ", ".join(map(str, sigmas))
    return TrainingError(
        f"the kernel matrix is not positive definite with sigma {tried} and "
        f"lam {task.settings.lam:g}",
        hint="Raise 'lam', lower 'sigma', and look for frames that are there twice",
    )

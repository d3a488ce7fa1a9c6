"""The steps of a training: symmetries, candidates for the length scale, the training itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from hpcmlff.errors import NotPositiveDefinite
from hpcmlff.models.protocol import Samples
from hpcmlff.models.sgdml.arithmetic import arithmetic_on
from hpcmlff.models.sgdml.factorising import factorised
from hpcmlff.models.sgdml.fit import concluded, labels, solve, system_of
from hpcmlff.models.sgdml.iterating import iterated
from hpcmlff.models.sgdml.search import best, next_candidate, search_frames
from hpcmlff.models.sgdml.state import SgdmlState, work_of_candidate, work_of_symmetries
from hpcmlff.models.sgdml.symmetries import find_symmetries
from hpcmlff.models.sgdml.tiles import Tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import ShouldStop, Task

UNUSABLE = float("inf")
"""Error of a length scale whose linear system cannot be solved."""


def advance(task: Task, state: SgdmlState, should_stop: ShouldStop) -> SgdmlState:
    """Do the next part: symmetries, a candidate, or some of the training.

    Raises
    ------
    TrainingError
        Energies contradict forces, a kernel matrix is not positive definite, or the
        iterative solver did not converge.
    """
    with threadpool_limits(task.allocation.threads):
        if state.permutations is None:
            done = work_of_symmetries(task)
            return replace(state, permutations=_symmetries(task), done=done)
        sigma = next_candidate(task.settings, state.tried, state.errors)
        if sigma is not None:
            return _tried(task, state, sigma)
        sigma = best(task.settings, state.tried, state.errors)
        if sigma is None:
            raise _unusable(task, state.tried.tolist())
        return _trained(task, state, sigma, should_stop)


def _symmetries(task: Task) -> NDArray[np.int64]:
    if task.settings.symmetries:
        return find_symmetries(task.train.positions, task.species, task.seed)
    return np.arange(len(task.species))[None, :]


def _trained(task: Task, state: SgdmlState, sigma: int, should_stop: ShouldStop) -> SgdmlState:
    train = iterated if task.settings.solver == "cg" else factorised
    try:
        return train(task, state, sigma, should_stop)
    except np.linalg.LinAlgError:
        raise _unusable(task, [sigma]) from None


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
        for _ in system.factorise(arithmetic_on(task.allocation.device)):
            pass
        solution = solve(system, labels(system.matrix.kernel, train)[0])
    except np.linalg.LinAlgError:
        return UNUSABLE
    return concluded(task, train, state.permutations, system.matrix.kernel, solution)[0]


def _first(samples: Samples, n_frames: int) -> Samples:
    return Samples(
        positions=samples.positions[:n_frames],
        energies=samples.energies[:n_frames],
        forces=samples.forces[:n_frames],
    )


def _unusable(task: Task, sigmas: list[int]) -> NotPositiveDefinite:
    tried = ", ".join(map(str, sigmas))
    return NotPositiveDefinite(
        f"the kernel matrix is not positive definite with sigma {tried} and "
        f"lam {task.settings.lam:g}",
        hint="Raise 'lam', lower 'sigma', and look for frames that are there twice",
    )

"""A training by iteration: some iterations at a time, then the model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hpcmlff.models.sgdml.cg import CgSolver
from hpcmlff.models.sgdml.fit import Solution, concluded, kernel_of, labels
from hpcmlff.models.sgdml.state import work_of_training

if TYPE_CHECKING:
    from hpcmlff.models.protocol import ShouldStop, Task
    from hpcmlff.models.sgdml.state import SgdmlState


def iterated(task: Task, state: SgdmlState, sigma: int, should_stop: ShouldStop) -> SgdmlState:
    """Build the preconditioner and iterate until a stop is due; after the last one the model.

    Raises
    ------
    numpy.linalg.LinAlgError
        The kernel matrix is not positive definite.
    TrainingError
        It did not converge, or energies contradict forces.
    """
    state = state if state.running else _begun(task, state, sigma)
    solver, cg = state.running, state.cg
    assert isinstance(solver, CgSolver)
    assert cg is not None
    if not solver.finished(cg):
        cg = solver.advance(cg, should_stop)
    if not solver.finished(cg):
        before = state.work - work_of_training(task)
        return replace(state, cg=cg, done=before + cg.built + cg.iterations)
    return _solved(task, replace(state, cg=cg), solver)


def _begun(task: Task, state: SgdmlState, sigma: int) -> SgdmlState:
    assert state.permutations is not None
    kernel = kernel_of(task, task.train, state.permutations, sigma)
    solver = CgSolver(
        kernel=kernel,
        labels=labels(kernel, task.train)[0],
        lam=task.settings.lam,
        seed=task.seed,
        blocks=task.blocks,
        key=f"cg-{sigma}",
        tolerance=task.settings.tolerance,
    )
    return replace(state, running=solver, cg=state.cg or solver.start(task.allocation.mem_gb))


def _solved(task: Task, state: SgdmlState, solver: CgSolver) -> SgdmlState:
    assert state.permutations is not None
    assert state.cg is not None
    solution = Solution(
        unknowns=solver.solution(state.cg),
        residual=state.cg.relative,
        iterations=state.cg.iterations,
    )
    error, model = concluded(task, task.train, state.permutations, solver.kernel, solution)
    return replace(state, model=model, error=error, done=state.work, running=None)

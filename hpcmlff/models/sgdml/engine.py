"""sGDML's trainer: symmetries first, then one length scale after the other.

Safe points are after the symmetries and after each candidate for sigma; a linear
solve itself cannot be interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Arrays, Progress, ShouldStop, Task
from hpcmlff.models.sgdml.checks import check_frames, check_memory
from hpcmlff.models.sgdml.fit import fit
from hpcmlff.models.sgdml.kernel import find_symmetries
from hpcmlff.models.sgdml.model import kernel_model, predict

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BEST = "best."
"""Prefix of the best model's arrays in a saved state."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SgdmlState:
    """What is known so far."""

    permutations: NDArray[np.int64] | None
    """``(n_perms, n_atoms)``, symmetries; None before they are found."""
    errors: NDArray[np.float64]
    """``(n_candidates,)``, validation force RMSE of each sigma, kcal/mol/Å; NaN while
    unknown, infinite where the kernel matrix is not positive definite."""
    best: Arrays
    """The model of the best sigma so far; empty before the first."""

    @property
    def tried(self) -> int:
        """Candidates for sigma done."""
        return int((~np.isnan(self.errors)).sum())


class SgdmlTrainer:
    """Chooses the length scale by validation forces and solves for each candidate."""

    def start(self, task: Task) -> SgdmlState:
        """Check the task and return the state before the symmetries are known.

        Raises
        ------
        TrainingError
            The job's memory does not suffice, or the task has no usable frames.
        """
        check_frames(task)
        check_memory(task)
        unknown = np.full(len(task.settings.sigmas()), np.nan)
        return SgdmlState(permutations=None, errors=unknown, best={})

    def advance(self, task: Task, state: SgdmlState, should_stop: ShouldStop) -> SgdmlState:
        """Find the symmetries, then try candidate after candidate.

        Raises
        ------
        TrainingError
            Energies contradict forces, or no candidate's kernel matrix is positive
            definite.
        """
        # A job may resume with less memory than the one before.
        check_memory(task)
        while not self.progress(state).finished:
            state = _step(task, state)
            if should_stop():
                break
        return state

    def progress(self, state: SgdmlState) -> Progress:
        """Tell how far it is; the loss is the newest candidate's force RMSE, kcal/mol/Å."""
        steps = 1 + len(state.errors)
        step = 0 if state.permutations is None else 1 + state.tried
        newest = float(state.errors[state.tried - 1]) if state.tried else np.inf
        loss = newest if np.isfinite(newest) else None
        return Progress(step=step, steps=steps, loss=loss, finished=step == steps)

    def to_arrays(self, state: SgdmlState) -> Arrays:
        """Return symmetries, errors and the best model so far."""
        arrays = {_BEST + name: array for name, array in state.best.items()}
        if state.permutations is not None:
            arrays["permutations"] = state.permutations
        return arrays | {"errors_kcal_mol_ang": state.errors}

    def from_arrays(self, task: Task, arrays: Arrays) -> SgdmlState:  # noqa: ARG002
        """Restore symmetries, errors and the best model so far."""
        return SgdmlState(
            permutations=np.array(arrays["permutations"]) if "permutations" in arrays else None,
            errors=np.array(arrays["errors_kcal_mol_ang"]),
            best={
                name.removeprefix(_BEST): np.array(array)
                for name, array in arrays.items()
                if name.startswith(_BEST)
            },
        )

    def model(self, task: Task, state: SgdmlState) -> Arrays:
        """Return the best model, and all candidates with their validation errors."""
        return {
            **state.best,
            "candidates": np.array(task.settings.sigmas()),
            "candidate_errors_kcal_mol_ang": state.errors,
        }

    def predict(
        self, task: Task, model: Arrays, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict energies ``(n_frames,)``, kcal/mol, and forces, kcal/mol/Å.

        Raises
        ------
        TrainingError
            The positions are of another molecule.
        """
        return predict(kernel_model(task.species, model), positions, task.allocation.threads)


def _step(task: Task, state: SgdmlState) -> SgdmlState:
    if state.permutations is None:
        return replace(state, permutations=_symmetries(task))
    number = state.tried
    error, model = fit(task, state.permutations, task.settings.sigmas()[number])
    errors = state.errors.copy()
    errors[number] = error
    is_best = bool(model) and error == np.nanmin(errors)
    state = replace(state, errors=errors, best=model if is_best else state.best)
    if number + 1 == len(errors) and not state.best:
        raise _unusable(task)
    return state


def _symmetries(task: Task) -> NDArray[np.int64]:
    if task.settings.symmetries:
        return find_symmetries(task.train.positions, task.species, task.seed)
    return np.arange(len(task.species))[None, :]


def _unusable(task: Task) -> TrainingError:
    tried = ", ".join(map(str, task.settings.sigmas()))
    return TrainingError(
        f"the kernel matrix is not positive definite with sigma {tried} and "
        f"lam {task.settings.lam:g}",
        hint="Raise 'lam', lower 'sigma', and look for frames that are there twice",
    )

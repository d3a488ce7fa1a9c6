"""sGDML's trainer: symmetries, length scales tried with few frames, one full training.

Safe points are after the symmetries, after each candidate for the length scale, and
after each tile of the factorisation, which outlives the process.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.files import write_durably
from hpcmlff.models.protocol import Arrays, Predict, Progress, ShouldStop, Task
from hpcmlff.models.sgdml import state as states
from hpcmlff.models.sgdml.checks import check_frames, check_memory
from hpcmlff.models.sgdml.model import kernel_model, predictor, to_npz_model
from hpcmlff.models.sgdml.search import search_frames
from hpcmlff.models.sgdml.state import SgdmlState
from hpcmlff.models.sgdml.training import advance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


class SgdmlTrainer:
    """Chooses the length scale by validation forces, then trains once with all frames."""

    export_suffix = ".npz"
    """Ending of an exported model's file."""

    def start(self, task: Task) -> SgdmlState:
        """Check the task and return the state before the symmetries are known.

        Raises
        ------
        TrainingError
            The job's memory does not suffice, or the task has no usable frames.
        """
        check_frames(task)
        check_memory(task)
        return states.first_state(task)

    def advance(self, task: Task, state: SgdmlState, should_stop: ShouldStop) -> SgdmlState:
        """Go on to the first safe point where a stop is due.

        Raises
        ------
        TrainingError
            Energies contradict forces, or a kernel matrix is not positive definite.
        """
        # A job may resume with less memory than the one before.
        check_memory(task)
        while not self.progress(state).finished:
            state = advance(task, state, should_stop)
            if should_stop():
                break
        return state

    def progress(self, state: SgdmlState) -> Progress:
        """Tell how far it is; the loss is the newest validation force RMSE, kcal/mol/Å."""
        newest = state.error if state.model else (state.errors[-1] if len(state.errors) else np.nan)
        loss = float(newest) if np.isfinite(newest) else None
        finished = bool(state.model)
        return Progress(step=state.done, steps=state.work, loss=loss, finished=finished)

    def rates(self, state: SgdmlState) -> Mapping[str, float]:
        """Return what this process has measured; empty if it has not factorised."""
        return state.rates

    def to_arrays(self, state: SgdmlState) -> Arrays:
        """Return symmetries, candidates and the model; tiles are on disk once it returns."""
        if state.running is not None:
            state.running.flush()
        return states.to_arrays(state)

    def from_arrays(self, task: Task, arrays: Arrays) -> SgdmlState:  # noqa: ARG002
        """Restore what `to_arrays` returned."""
        return states.from_arrays(arrays)

    def model(self, task: Task, state: SgdmlState) -> Arrays:
        """Return the model, and all length scales tried with their validation errors."""
        n_frames, n_atoms, _ = task.train.positions.shape
        return {
            **state.model,
            "candidates": state.tried,
            "candidate_errors_kcal_mol_ang": state.errors,
            "candidate_frames": np.array([search_frames(n_frames, n_atoms)]),
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
        return self.predictor(task, model)(positions)

    def predictor(self, task: Task, model: Arrays) -> Predict:
        """Return what predicts, the model unpacked once."""
        return predictor(kernel_model(task.species, model), task.allocation.threads)

    def export(self, task: Task, model: Arrays, path: Path) -> None:
        """Write a model file as sgdml does, for ``GDMLPredict`` and the command ``sgdml``.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        file = io.BytesIO()
        np.savez_compressed(file, **to_npz_model(task, model))
        write_durably(path, [file.getvalue()])

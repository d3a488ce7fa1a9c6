"""The trainer of schnetpack's networks; imports torch and schnetpack."""

from __future__ import annotations

import io
import math
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils import deterministic as _deterministic

from hpcmlff.errors import BrokenEnvironment, UnusableFrames
from hpcmlff.files import write_durably
from hpcmlff.models.protocol import Curve, Progress
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.batches import Geometries
from hpcmlff.models.schnet.estimate import EXPECTED, STEP
from hpcmlff.models.schnet.export import stock_model
from hpcmlff.models.schnet.training import Training

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Predict, ShouldStop, Task

_MEAN, _COURSE = "energy_mean_kcal_mol", "course"

_memory: Any = _deterministic
"""torch gives this module's property no type."""


class NetworkTrainer:
    """Trains a network step by step; every step is a safe point.

    A training repeats bit by bit on the same kind of processor with the same
    versions of torch and the same number of threads. Untested on a GPU.
    """

    export_suffix = ".pt"
    """Ending of an exported model's file."""

    def start(self, task: Task) -> Training:
        """Return the state before the first step.

        Raises
        ------
        UnusableFrames
            There are no frames to train on or to choose weights by.
        BrokenEnvironment
            The job was given a GPU, and there is none.
        """
        for name in ("train", "validation"):
            if len(getattr(task, name).energies) == 0:
                raise UnusableFrames(f"a network needs at least one {name} frame")
        with _prepared(task):
            return Training(task)

    def advance(self, task: Task, state: Training, should_stop: ShouldStop) -> Training:
        """Make steps until all are done or a stop is due.

        Raises
        ------
        Diverged
            The training diverges, and has done so too often.
        """
        with _prepared(task):
            while not state.finished:
                with state.timer.step():
                    state.advance()
                if should_stop():
                    break
            state.settle()
        return state

    def progress(self, state: Training) -> Progress:
        """Tell how far the training is; the loss is that of the averaged weights."""
        loss = None if math.isnan(state.loss) else state.loss
        return Progress(step=state.step, steps=state.steps, loss=loss, finished=state.finished)

    def curve(self, state: Training) -> Curve:
        """Return steps and losses of all validations, of the averaged weights."""
        steps, losses = zip(*state.validations, strict=True) if state.validations else ((), ())
        return Curve(steps=np.array(steps, dtype=np.int64), losses=np.array(losses, dtype=float))

    def rates(self, state: Training) -> dict[str, float]:
        """Return seconds per step on this machine, and what was expected of it."""
        mean_s = state.timer.mean_s
        return {} if mean_s is None else {STEP: mean_s, EXPECTED: state.expected_step_s}

    def to_arrays(self, state: Training) -> Arrays:
        """Return weights, average, best, Adam's moments, plan, losses, and the last good state."""
        return state.arrays()

    def from_arrays(self, task: Task, arrays: Arrays) -> Training:
        """Restore what `to_arrays` returned."""
        with _prepared(task):
            return Training(task, arrays)

    def model(self, task: Task, state: Training) -> Arrays:  # noqa: ARG002
        """Return the best averaged weights, float32, the mean energy, kcal/mol, and the course.

        That is: steps planned, steps done, whether compiled, and the steps at which the training
        had diverged.
        """
        course = [state.steps, state.step, int(state.compiled)]
        return {
            _MEAN: np.array([state.mean_kcal_mol]),
            _COURSE: np.array([*course, *state.rollbacks]),
            **state.best(),
        }

    def predict(
        self, task: Task, model: Arrays, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict energies ``(n_frames,)`` and forces ``(n_frames, n_atoms, 3)``."""
        return self.predictor(task, model)(positions)

    def predictor(self, task: Task, model: Arrays) -> Predict:
        """Return what predicts, the network built once."""
        device, mean_kcal_mol = task.allocation.device, model[_MEAN][0]
        with _prepared(task):
            network = networks.build(task.settings, len(task.species))
            networks.load(network, model)
            network.to(device).eval().requires_grad_(requires_grad=False)

        def predict(
            positions: NDArray[np.float64],
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            energies, forces = np.zeros(len(positions)), np.zeros(positions.shape)
            with _prepared(task):
                geometries = Geometries(task.species, positions, task.settings.cutoff, device)
                for chunk in geometries.chunks():
                    found = network(geometries.inputs(chunk))
                    energies[chunk] = found["energy"].detach().cpu().numpy()
                    forces[chunk] = (
                        found["forces"].detach().cpu().numpy().reshape(-1, *forces.shape[1:])
                    )
            return energies + mean_kcal_mol, forces

        return predict

    def export(self, task: Task, model: Arrays, path: Path) -> None:
        """Write a model of stock schnetpack's classes, for ``torch.load`` and its calculators.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        file = io.BytesIO()
        torch.save(stock_model(task, model, float(model[_MEAN][0])), file)
        write_durably(path, [file.getvalue()])


@contextmanager
def _prepared(task: Task) -> Iterator[None]:
    """Keep torch to the job's device and threads, and to sums in a fixed order.

    Else the gradient of indexing adds up in whatever order the threads come.
    """
    allocation = task.allocation
    if allocation.device != "cpu":
        _prepare_gpu(tf32=task.settings.tf32)
    torch.set_num_threads(allocation.threads)
    before = torch.are_deterministic_algorithms_enabled(), _memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    # Costs time, and only guards against reading memory that was never written.
    _memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        _memory.fill_uninitialized_memory = before[1]


def _prepare_gpu(*, tf32: bool) -> None:
    """Untested on a GPU."""
    if not torch.cuda.is_available():
        raise BrokenEnvironment(
            "the job was given a GPU, and torch finds none",
            hint="Install a torch with CUDA, or set gpus: 0 under resources",
        )
    torch.backends.cuda.matmul.allow_tf32 = tf32
    # Read by cuBLAS when it starts; without it torch refuses to promise repeatability.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

"""The loss by a dense form, compiled as one function of the weights."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hpcmlff.errors import BrokenEnvironment
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.dense.form import Form, make_form
from hpcmlff.models.schnet.problem import Labels, weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from hpcmlff.models.protocol import Samples, Task
    from hpcmlff.models.schnet.settings import DenseSettings

_CHUNK_ELEMENTS = 2**22
"""Elements of a table of filters in validation; bounds the memory."""
_SET_ELEMENTS = 2**28
"""Elements of expanded distances that are kept for a set of frames; of larger sets each batch is
expanded when its turn comes."""


class DenseProblem:
    """A `Problem` without index lists.

    Parameters
    ----------
    task
        The task.
    mean_kcal_mol
        Mean energy of the training frames.
    weights, average
        ``(n_weights,)``, changed from outside.
    compiled
        Whether the loss is compiled; else the same operations are done one by one.
    """

    def __init__(
        self, task: Task, mean_kcal_mol: float, weights: Tensor, average: Tensor, *, compiled: bool
    ) -> None:
        settings: DenseSettings = task.settings
        self._settings, device = settings, task.allocation.device
        self._form = make_form(task.species, settings, device)
        self._train = DenseFrames(self._form, task, task.train, mean_kcal_mol)
        self._validation = DenseFrames(self._form, task, task.validation, mean_kcal_mol)
        self._weights, self._average = weights.detach(), average.detach()
        # A view: it changes with the vector, and is what the gradient is taken by.
        self._leaf = self._weights.view(-1).requires_grad_()
        self._shapes = networks.shapes(settings, len(task.species))
        self._begun, self._loss = False, self._eager_loss
        graphs = settings.cuda_graphs and device != "cpu"
        if compiled:
            # Beside the job no processes are started, whose memory would count as well.
            options: dict[str, Any] = {"compile_threads": 1, "triton.cudagraphs": graphs}
            self._loss = torch.compile(
                self._eager_loss, fullgraph=True, dynamic=False, options=options
            )

    def _eager_loss(self, vector: Tensor, *batch: Tensor) -> Tensor:
        *geometry, energies, forces = batch
        weights = networks.unflattened(vector, self._shapes)
        found = self._form.energies_and_forces(weights, tuple(geometry))
        return weighted(found[0] - energies, found[1] - forces, self._settings)

    def gradient(self, frames: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return a batch's loss and its gradient.

        Raises
        ------
        BrokenEnvironment
            The machine cannot compile.
        """
        if self._begun:
            return self._gradient(frames)
        with warnings.catch_warnings():
            # torch warns of what it does itself while it compiles.
            warnings.simplefilter("ignore")
            try:
                found = self._gradient(frames)
            except torch._dynamo.exc.TorchDynamoException as error:
                raise _cannot_compile(error) from error
        self._begun = True
        return found

    def _gradient(self, frames: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        loss = self._loss(self._leaf, *self._train.batch(frames))
        return loss.detach(), torch.autograd.grad(loss, self._leaf)[0]

    def validation_loss(self) -> Tensor:
        """Return the validation loss."""
        total = torch.zeros((), dtype=torch.float64, device=self._average.device)
        n_frames = self._validation.n_frames
        wide = self._validation.n_atoms**2 * self._settings.features
        parts = -(-n_frames * wide // _CHUNK_ELEMENTS)
        with torch.no_grad():
            for chunk in np.array_split(np.arange(n_frames), parts):
                loss = self._eager_loss(self._average, *self._validation.batch(chunk))
                total += loss * (len(chunk) / n_frames)
        return total


def _cannot_compile(error: Exception) -> BrokenEnvironment:
    return BrokenEnvironment(
        f"torch cannot compile the training step here: {str(error).splitlines()[0]}",
        hint="Install a C++ compiler, or set 'compile: false'",
    )


class DenseFrames:
    """Frames with their labels, expanded once if they are not too many.

    Parameters
    ----------
    form
        How they are expanded.
    task
        For settings and device.
    samples
        The frames.
    mean_kcal_mol
        Subtracted from the energies.
    """

    def __init__(self, form: Form, task: Task, samples: Samples, mean_kcal_mol: float) -> None:
        self._form, self._positions = form, samples.positions
        self.n_frames, self.n_atoms, _ = samples.positions.shape
        self._labels = Labels(samples, mean_kcal_mol, task.allocation.device)
        elements = self.n_frames * self.n_atoms**2 * 2 * (task.settings.gaussians + 4)
        self._kept = form.geometry(samples.positions) if elements <= _SET_ELEMENTS else None

    def batch(self, frames: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """Return geometry, energies and forces of some frames, as the loss takes them."""
        chosen = self._labels.on_device(frames)
        if self._kept is None:
            geometry = self._form.geometry(self._positions[frames])
        else:
            axes = zip(self._kept, self._form.frame_axes, strict=True)
            geometry = tuple(tensor.index_select(axis, chosen) for tensor, axis in axes)
        forces = self._labels.forces[chosen].transpose(0, 1)
        return (*geometry, self._labels.energies[chosen], forces)

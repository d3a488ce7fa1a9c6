"""The loss by schnetpack's own network and index lists; for any representation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.batches import Geometries
from hpcmlff.models.schnet.problem import Labels, weighted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from hpcmlff.models.protocol import Samples, Task
    from hpcmlff.models.schnet.settings import NetworkSettings


class SparseProblem:
    """A `Problem` of two networks, whose weights are views of the given vectors.

    Parameters
    ----------
    task
        The task.
    mean_kcal_mol
        Mean energy of the training frames.
    weights, average
        ``(n_weights,)``, changed from outside.
    """

    def __init__(self, task: Task, mean_kcal_mol: float, weights: Tensor, average: Tensor) -> None:
        self._settings: NetworkSettings = task.settings
        self._train = Labelled(task, task.train, mean_kcal_mol)
        self._validation = Labelled(task, task.validation, mean_kcal_mol)
        device, n_atoms = task.allocation.device, len(task.species)
        self._network = networks.build(task.settings, n_atoms).to(device).train()
        self._averaged = networks.build(task.settings, n_atoms).to(device).eval()
        self._averaged.requires_grad_(requires_grad=False)
        networks.attach(self._network, weights)
        networks.attach(self._averaged, average)

    def gradient(self, frames: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return a batch's loss and its gradient."""
        loss = self._train.loss(self._network, frames, self._settings)
        parts = torch.autograd.grad(loss, list(self._network.parameters()))
        return loss.detach(), torch.cat([part.reshape(-1) for part in parts])

    def validation_loss(self) -> Tensor:
        """Return the validation loss."""
        frames = self._validation.geometries
        total = torch.zeros((), dtype=torch.float64, device=self._train.labels.energies.device)
        for chunk in frames.chunks():
            loss = self._validation.loss(self._averaged, chunk, self._settings)
            total += loss.detach() * (len(chunk) / len(frames))
        return total


class Labelled:
    """Frames on the device with their labels.

    Parameters
    ----------
    task
        For species, settings and device.
    samples
        The frames.
    mean_kcal_mol
        Subtracted from the energies.
    """

    def __init__(self, task: Task, samples: Samples, mean_kcal_mol: float) -> None:
        device, cutoff_ang = task.allocation.device, task.settings.cutoff
        self.geometries = Geometries(task.species, samples.positions, cutoff_ang, device)
        self.labels = Labels(samples, mean_kcal_mol, device)

    def loss(
        self, network: nn.Module, frames: NDArray[np.int64], settings: NetworkSettings
    ) -> Tensor:
        """Return the loss of a batch, a scalar."""
        predicted = network(self.geometries.inputs(frames))
        chosen = self.labels.on_device(frames)
        de = predicted["energy"] - self.labels.energies[chosen]
        df = predicted["forces"].view(len(frames), -1, 3) - self.labels.forces[chosen]
        return weighted(de, df, settings)

"""Frames with their labels on the device, and the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hpcmlff.models.schnet.batches import Geometries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Samples, Task
    from hpcmlff.models.schnet.settings import SchNetSettings


class Labelled:
    """Frames on the device with their energies above the mean and their forces.

    Parameters
    ----------
    task
        For species, settings and device.
    samples
        The frames.
    mean_kcal_mol
        Subtracted from the energies in float64: in float32 an energy of -1e5
        kcal/mol would keep two decimals only.
    """

    def __init__(self, task: Task, samples: Samples, mean_kcal_mol: float) -> None:
        device = task.allocation.device
        cutoff_ang = task.settings.cutoff
        self.geometries = Geometries(task.species, samples.positions, cutoff_ang, device)
        above = samples.energies - mean_kcal_mol
        self._energies = torch.tensor(above, dtype=torch.float32, device=device)
        self._forces = torch.tensor(samples.forces, dtype=torch.float32, device=device)

    def loss(self, network: nn.Module, frames: NDArray[np.int64], s: SchNetSettings) -> Tensor:
        """Return the weighted sum of the mean squared errors of a batch, a scalar."""
        predicted = network(self.geometries.inputs(frames))
        chosen = torch.from_numpy(frames).to(self._energies.device, non_blocking=True)
        de = predicted["energy"] - self._energies[chosen]
        df = predicted["forces"].view(len(frames), -1, 3) - self._forces[chosen]
        loss: Tensor = s.energy_weight * de.square().mean() + s.force_weight * df.square().mean()
        return loss

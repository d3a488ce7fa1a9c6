"""What a training minimises: the loss of batches, its gradient, the loss of validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from hpcmlff.models.protocol import Samples
    from hpcmlff.models.schnet.settings import NetworkSettings


class Problem(Protocol):
    """Loss over the weights, which stand in one vector."""

    def gradient(self, frames: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return a batch's loss, and its derivatives ``(n_weights,)``.

        Parameters
        ----------
        frames
            ``(n_batch,)``, numbers of training frames.
        """
        ...

    def validation_loss(self) -> Tensor:
        """Return the loss of all validation frames with the averaged weights, float64."""
        ...


class Labels:
    """Energies above the mean, and forces, on the device.

    Parameters
    ----------
    samples
        The frames.
    mean_kcal_mol
        Subtracted from the energies in float64: in float32 an energy of -1e5
        kcal/mol would keep two decimals only.
    device
        ``cpu`` or ``cuda``.
    """

    def __init__(self, samples: Samples, mean_kcal_mol: float, device: str) -> None:
        above = samples.energies - mean_kcal_mol
        self.energies = torch.tensor(above, dtype=torch.float32, device=device)
        """``(n_frames,)``, kcal/mol."""
        self.forces = torch.tensor(samples.forces, dtype=torch.float32, device=device)
        """``(n_frames, n_atoms, 3)``, kcal/mol/Å."""

    def on_device(self, frames: NDArray[np.int64]) -> Tensor:
        """Return numbers of frames as a tensor; a GPU is not waited for."""
        return torch.from_numpy(frames).to(self.energies.device, non_blocking=True)


def weighted(de: Tensor, df: Tensor, settings: NetworkSettings) -> Tensor:
    """Return the weighted sum of mean squared errors, a scalar.

    Parameters
    ----------
    de
        Errors of energies, kcal/mol.
    df
        Errors of force components, kcal/mol/Å.
    settings
        The weights of both.
    """
    loss: Tensor = settings.energy_weight * de.square().mean()
    return loss + settings.force_weight * df.square().mean()

"""AdamW and the averaged weights, on vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from hpcmlff.models.schnet.settings import NetworkSettings

VECTORS = ("weights", "average", "adam_mean", "adam_square")
"""Names of what changes from step to step."""


class Descent:
    """Weights on their way, their average, Adam's moments; each ``(n_weights,)``.

    The counts of Adam and of the average follow from the number of steps done.

    Parameters
    ----------
    weights
        ``(n_weights,)``, the first weights; taken over.
    settings
        Of the training.
    """

    def __init__(self, weights: Tensor, settings: NetworkSettings) -> None:
        self._settings = settings
        zeros = torch.zeros_like(weights)
        self.vectors = dict(
            zip(VECTORS, (weights, weights.clone(), zeros, zeros.clone()), strict=True)
        )
        parameter = nn.Parameter(weights)
        decay = settings.weight_decay
        self._optimiser = torch.optim.AdamW([parameter], weight_decay=decay, fused=True)
        self._count = torch.zeros((), dtype=torch.float32, device=weights.device)
        self._optimiser.state[parameter] = {
            "step": self._count,
            "exp_avg": self.vectors["adam_mean"],
            "exp_avg_sq": self.vectors["adam_square"],
        }

    def descend(self, gradient: Tensor, rate: float) -> None:
        """Make a step.

        Parameters
        ----------
        gradient
            ``(n_weights,)``.
        rate
            Learning rate.
        """
        longest = self._settings.gradient_norm
        if longest is not None:
            gradient = gradient * torch.clamp(longest / (gradient.norm() + 1e-6), max=1.0)
        group = self._optimiser.param_groups[0]
        group["lr"] = rate
        group["params"][0].grad = gradient
        self._optimiser.step()

    def average(self, step: int) -> None:
        """Bring the average up to the weights after a number of steps."""
        # The first steps weigh more, or the random start would linger in the average.
        decay = min(self._settings.ema_decay, (1 + step) / (10 + step))
        self.vectors["average"].lerp_(self.vectors["weights"], 1.0 - decay)

    def copy(self) -> dict[str, Tensor]:
        """Return copies of the vectors."""
        return {name: vector.clone() for name, vector in self.vectors.items()}

    def restore(self, vectors: Mapping[str, Tensor], step: int) -> None:
        """Take over vectors as they were after a number of steps."""
        self._count.fill_(step)
        for name, vector in self.vectors.items():
            # Copied in place: the networks' weights are views of these vectors.
            vector.copy_(vectors[name])

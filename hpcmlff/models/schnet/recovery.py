"""Where a training that diverges goes back to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from hpcmlff.errors import Diverged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from hpcmlff.models.protocol import Arrays
    from hpcmlff.models.schnet.descent import Descent
    from hpcmlff.models.schnet.settings import NetworkSettings

DIVERGED = 1000.0
"""A validation loss so many times the best one is no fluctuation."""
_NEVER = 2**62
_GOOD = "good_"
"""What the names of the last good vectors begin with in checkpoints."""


class Recovery:
    """Remembers the last good validation, and what went wrong after it.

    Parameters
    ----------
    descent
        The training's vectors before the first step.
    settings
        Of the training.
    """

    def __init__(self, descent: Descent, settings: NetworkSettings) -> None:
        self._settings = settings
        self._good, self._good_step = descent.copy(), 0
        self._bad_step = torch.tensor(_NEVER, device=descent.vectors["weights"].device)
        self.at: list[int] = []
        """Steps at which the training had diverged."""

    @property
    def rate(self) -> float:
        """Part of the learning rate that is left."""
        return float(0.5 ** len(self.at))

    def watch(self, loss: Tensor, step: int) -> None:
        """Note a batch's loss that is no number; a GPU is not waited for.

        Parameters
        ----------
        loss
            The loss.
        step
            Number of its step, from 1.
        """
        now = torch.clamp(self._bad_step, max=step)
        self._bad_step = torch.where(torch.isfinite(loss), self._bad_step, now)

    def bad_step(self) -> int | None:
        """Return the first step whose loss was no number; a GPU is waited for."""
        found = int(self._bad_step)
        return None if found == _NEVER else found

    def accept(self, descent: Descent, step: int) -> None:
        """Take the state after a validation as good."""
        self._good, self._good_step = descent.copy(), step

    def back(self, descent: Descent, bad_step: int, which: str) -> int:
        """Go back to the last good validation; return its step.

        Parameters
        ----------
        descent
            What goes back.
        bad_step
            Where it went wrong.
        which
            Which loss showed it.

        Raises
        ------
        Diverged
            It has gone wrong too often.
        """
        if len(self.at) >= self._settings.rollbacks:
            raise self._given_up(bad_step, which)
        self.at.append(bad_step)
        self._bad_step.fill_(_NEVER)
        descent.restore(self._good, self._good_step)
        return self._good_step

    def _given_up(self, step: int, which: str) -> Diverged:
        rate = self._settings.learning_rate
        times = f", and did so {len(self.at)} times before" if self.at else ""
        return Diverged(
            f"the training diverges: the {which} loss is not a number of sense"
            f" at step {step}{times}",
            hint=f"Lower learning_rate (now {rate:g}), or set gradient_norm to a number such as 10",
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a checkpoint keeps."""
        vectors = {_GOOD + name: vector.cpu().numpy() for name, vector in self._good.items()}
        at = np.array(self.at, dtype=np.int64)
        return {**vectors, "good_step": np.array([self._good_step]), "rollbacks": at}

    def restore(self, arrays: Arrays) -> None:
        """Take over what `arrays` returned."""
        self.at = arrays["rollbacks"].tolist()
        self._good_step = int(arrays["good_step"][0])
        self._good = tensors({name: arrays[_GOOD + name] for name in self._good})


def diverged(loss: float, best: float) -> bool:
    """Tell whether a validation loss shows that a training has gone wrong."""
    return not math.isfinite(loss) or loss > DIVERGED * best


def tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Return copies of arrays as tensors."""
    return {name: torch.tensor(array) for name, array in arrays.items()}

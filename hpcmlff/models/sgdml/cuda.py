"""What the factorisation does with tiles, by torch, in float64.

Written for GPUs and not tested on one: only on torch's CPU device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TorchArithmetic:
    """Tiles are tensors on a device.

    Parameters
    ----------
    device
        ``cuda``, or what else torch knows.
    """

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)

    def take(self, array: NDArray[np.float64]) -> torch.Tensor:
        """Copy an array to the device."""
        # A mapped file is read-only, which torch does not know.
        return torch.tensor(array, dtype=torch.float64, device=self._device)

    def give(self, tile: torch.Tensor) -> NDArray[np.float64]:
        """Copy a tile from the device."""
        return tile.numpy(force=True)

    def subtract(self, target: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
        """Let target be ``target - left @ right.T``."""
        target.addmm_(left, right.T, alpha=-1.0)

    def subtract_own(self, target: torch.Tensor, left: torch.Tensor) -> None:
        """Let target be ``target - left @ left.T``."""
        target.addmm_(left, left.T, alpha=-1.0)

    def factorise(self, target: torch.Tensor) -> None:
        """Let target be its Cholesky factor; only its lower triangle is read.

        Raises
        ------
        numpy.linalg.LinAlgError
            It is not positive definite.
        """
        factor, info = torch.linalg.cholesky_ex(target)
        # The one place that waits for the device, once a column.
        if int(info) != 0:
            raise np.linalg.LinAlgError("not positive definite")
        target.copy_(factor)

    def solve(self, target: torch.Tensor, factor: torch.Tensor) -> None:
        """Let target be X of ``X @ factor.T = target``."""
        solved = torch.linalg.solve_triangular(factor.T, target, upper=True, left=False)
        target.copy_(solved)

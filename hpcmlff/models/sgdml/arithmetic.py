"""What the factorisation does with tiles, on the CPU, by BLAS.

Arrays are in C order throughout, which BLAS sees as their transposes. scipy's
``cho_factor`` is not used: with two threads it crashes the process from about 24,000
unknowns on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.linalg import blas, lapack

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL = 1500
"""Rows up to which LAPACK factorises at once; larger ones are split in halves, so that
nearly all is matrix products."""


class Arithmetic(Protocol):
    """Operations on tiles, wherever these are."""

    def take(self, array: NDArray[np.float64]) -> Any:
        """Bring an array to where the work is done."""
        ...

    def give(self, tile: Any) -> NDArray[np.float64]:
        """Bring a tile back."""
        ...

    def subtract(self, target: Any, left: Any, right: Any) -> None:
        """Let target be ``target - left @ right.T``."""
        ...

    def subtract_own(self, target: Any, left: Any) -> None:
        """Let the lower triangle of target be that of ``target - left @ left.T``."""
        ...

    def factorise(self, target: Any) -> None:
        """Let target be its Cholesky factor; only its lower triangle is read.

        Raises
        ------
        numpy.linalg.LinAlgError
            It is not positive definite.
        """
        ...

    def solve(self, target: Any, factor: Any) -> None:
        """Let target be X of ``X @ factor.T = target``."""
        ...


class CpuArithmetic:
    """Tiles are arrays; BLAS uses as many threads as it may."""

    def take(self, array: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the array itself."""
        return array

    def give(self, tile: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the tile itself."""
        return tile

    def subtract(
        self,
        target: NDArray[np.float64],
        left: NDArray[np.float64],
        right: NDArray[np.float64],
    ) -> None:
        """Let target be ``target - left @ right.T``."""
        blas.dgemm(-1.0, right.T, left.T, 1.0, target.T, trans_a=True, overwrite_c=True)

    def subtract_own(self, target: NDArray[np.float64], left: NDArray[np.float64]) -> None:
        """Let the lower triangle of target be that of ``target - left @ left.T``."""
        blas.dsyrk(-1.0, left.T, 1.0, target.T, trans=True, lower=False, overwrite_c=True)

    def factorise(self, target: NDArray[np.float64]) -> None:
        """Let target be its Cholesky factor; only its lower triangle is read.

        Raises
        ------
        numpy.linalg.LinAlgError
            It is not positive definite.
        """
        n = len(target)
        if n <= _SMALL:
            # Not numpy's: its own BLAS has threads of its own, which are in these ones' way.
            _, info = lapack.dpotrf(target.T, lower=False, clean=True, overwrite_a=True)
            if info:
                raise np.linalg.LinAlgError("not positive definite")
            return
        first, rest = slice(0, n // 2), slice(n // 2, n)
        # BLAS works in place on whole arrays only.
        corner, below, last = target[first, first].copy(), target[rest, first].copy(), None
        self.factorise(corner)
        self.solve(below, corner)
        last = target[rest, rest].copy()
        self.subtract_own(last, below)
        self.factorise(last)
        target[first, first], target[rest, first], target[rest, rest] = corner, below, last
        target[first, rest] = 0.0

    def solve(self, target: NDArray[np.float64], factor: NDArray[np.float64]) -> None:
        """Let target be X of ``X @ factor.T = target``."""
        blas.dtrsm(1.0, factor.T, target.T, lower=False, trans_a=True, overwrite_b=True)


def arithmetic_on(device: str) -> Arithmetic:
    """Return the operations of a device.

    Parameters
    ----------
    device
        ``cpu``, or what torch knows, such as ``cuda``.
    """
    if device == "cpu":
        return CpuArithmetic()
    from hpcmlff.models.sgdml.cuda import TorchArithmetic

    return TorchArithmetic(device)

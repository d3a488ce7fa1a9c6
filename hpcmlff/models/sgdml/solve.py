"""Cholesky solution in place, in blocks, on the numerical libraries' threads.

scipy's ``cho_factor`` crashes the process with two threads from about 24,000
unknowns on, and keeps a second copy of the matrix. In blocks neither is the case,
and the only calls are small factorisations and matrix products. Right-looking
blocked factorisation: Golub and Van Loan, Matrix Computations, 4th ed., 4.2.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK = 512
"""Rows and columns of a block."""


def solve_in_place(
    matrix: NDArray[np.float64], labels: NDArray[np.float64], block: int = BLOCK
) -> NDArray[np.float64]:
    """Solve ``matrix @ x = labels`` and overwrite the matrix.

    Parameters
    ----------
    matrix
        ``(n, n)``, symmetric and positive definite; only its lower triangle is read,
        and it is overwritten by its Cholesky factor.
    labels
        ``(n,)``.
    block
        Rows and columns of a block.

    Returns
    -------
    ndarray
        ``(n,)``, the solution.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is not positive definite, or so nearly singular that the solution
        overflows.
    """
    _factorise(matrix, block)
    solution = _substitute(matrix, labels, block)
    if not np.isfinite(solution).all():
        raise np.linalg.LinAlgError("the solution is not finite")
    return solution


def _factorise(matrix: NDArray[np.float64], block: int) -> None:
    for done in _slices(0, len(matrix), block):
        diagonal = np.linalg.cholesky(matrix[done, done])
        matrix[done, done] = diagonal
        panel = matrix[done.stop :, done]
        if len(panel):
            panel[...] = solve_triangular(diagonal, panel.T, lower=True, check_finite=False).T
            _update(matrix[done.stop :, done.stop :], panel, block)


def _update(rest: NDArray[np.float64], panel: NDArray[np.float64], block: int) -> None:
    for rows in _slices(0, len(rest), block):
        rest[rows, : rows.stop] -= panel[rows] @ panel[: rows.stop].T


def _substitute(
    factor: NDArray[np.float64], labels: NDArray[np.float64], block: int
) -> NDArray[np.float64]:
    x = labels.copy()
    slices = list(_slices(0, len(x), block))
    for one in slices:
        right = x[one] - factor[one, : one.start] @ x[: one.start]
        x[one] = solve_triangular(factor[one, one], right, lower=True, check_finite=False)
    for one in reversed(slices):
        right = x[one] - factor[one.stop :, one].T @ x[one.stop :]
        x[one] = solve_triangular(
            factor[one, one], right, lower=True, trans="T", check_finite=False
        )
    return x


def _slices(start: int, stop: int, block: int) -> Iterator[slice]:
    for first in range(start, stop, block):
        yield slice(first, min(first + block, stop))

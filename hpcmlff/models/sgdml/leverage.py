"""Which columns of the kernel matrix a preconditioner is made of.

Columns are drawn at random, the more likely the more they matter. That is judged by ridge
leverage scores, themselves estimated from a few columns: Musco and Musco, Advances in
Neural Information Processing Systems 30 (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.models.sgdml.arithmetic import CpuArithmetic
from hpcmlff.models.sgdml.columns import Columns, frames_of, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.cg_size import CgSize
    from hpcmlff.models.sgdml.kernel import Kernel

_SCORED, _SCORED_FRAMES = 400, 50
"""Columns at most by which all others are judged, and the frames they are of."""
_EVEN = 0.01
"""Share of the choice that does not look at scores, so that none is without a chance."""
_RAISES = 10
"""How often a matrix may be made ten times more regular before it is given up."""


def choose(kernel: Kernel, size: CgSize, lam: float, seed: int) -> NDArray[np.int64]:
    """Choose columns at random, the more likely the more they matter.

    Parameters
    ----------
    kernel
        The kernel matrix.
    size
        How many.
    lam
        Regularisation.
    seed
        Of the choice.

    Returns
    -------
    ndarray
        ``(n_columns,)``, unknowns, in order.
    """
    if size.n_columns == size.n:
        return np.arange(size.n)
    random = np.random.default_rng(seed)
    frames = random.choice(kernel.n_frames, min(_SCORED_FRAMES, kernel.n_frames), replace=False)
    near = np.flatnonzero(np.isin(frames_of(kernel, np.arange(size.n)), frames))
    n_few = min(_SCORED, size.n_columns, len(near))
    few = np.sort(random.choice(near, n_few, replace=False))
    scores = _scores(Columns(kernel=kernel, chosen=few), size.panels(), lam)
    likely = (1 - _EVEN) * scores / scores.sum() + _EVEN / size.n
    return np.sort(random.choice(size.n, size.n_columns, replace=False, p=likely / likely.sum()))


def factor(matrix: NDArray[np.float64], *, raised: bool) -> NDArray[np.float64]:
    """Return the Cholesky factor, the diagonal raised as little as needed.

    Parameters
    ----------
    matrix
        ``(n, n)``; only its lower triangle is read.
    raised
        Whether to raise the diagonal by rounding's share before the first try.

    Raises
    ------
    numpy.linalg.LinAlgError
        It is not positive definite by far.
    """
    rounding = np.finfo(np.float64).eps * np.trace(matrix) / len(matrix)
    for power in range(_RAISES):
        result = matrix.copy()
        if raised or power:
            result.flat[:: len(result) + 1] += rounding * 10.0**power
        try:
            CpuArithmetic().factorise(result)
        except np.linalg.LinAlgError:
            continue
        return np.tril(result)
    raise np.linalg.LinAlgError("not positive definite")


def _scores(columns: Columns, panels: list[slice], lam: float) -> NDArray[np.float64]:
    """Return each unknown's ridge leverage score, ``(n,)``."""
    arithmetic, rows = CpuArithmetic(), [rows_of(columns.kernel, p) for p in panels]
    parts = [columns.panel(p) for p in panels]
    order = np.argsort(np.concatenate(rows))
    whole = np.concatenate(parts)[order]
    arithmetic.solve(whole, factor(whole[columns.chosen], raised=True))
    inner = whole.T @ whole
    inner.flat[:: len(inner) + 1] += lam
    arithmetic.solve(whole, factor(inner, raised=False))
    scores: NDArray[np.float64] = np.einsum("ij,ij->i", whole, whole)
    return scores

"""A finished Nyström preconditioner at work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

from hpcmlff.models.sgdml.columns import rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.nystroem import Building

_ROWS = 1024
"""Rows of a panel that one thread works on at once."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Preconditioner:
    """An approximate inverse of the regularised kernel matrix."""

    panels: list[NDArray[np.float64]]
    """``(n_rows, n_columns)`` each, rows of B; mapped from disk."""
    order: NDArray[np.int64]
    """``(n,)``, the unknowns in the order of the panels' rows."""
    inner: NDArray[np.float64]
    """``(n_columns, n_columns)``, lower Cholesky factor of ``Bᵀ B + λ``."""
    lam: float
    """λ."""
    threads: int
    """Threads to use; the result does not depend on it."""

    def apply(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(vector - B (Bᵀ B + λ)⁻¹ Bᵀ vector) / λ``.

        Work is shared out in parts that do not depend on the number of threads, and nor
        does the result, if BLAS keeps to one thread.

        Parameters
        ----------
        vector
            ``(n,)``.
        """
        ordered = vector[self.order]
        parts = [
            panel[at : at + _ROWS] for panel in self.panels for at in range(0, len(panel), _ROWS)
        ]
        pieces = np.split(ordered, np.cumsum([len(part) for part in parts])[:-1])
        with ThreadPoolExecutor(self.threads) as pool:
            projected = sum(pool.map(np.matmul, pieces, parts), np.zeros(len(self.inner)))
            solved = self._solved(projected)
            ordered -= np.concatenate(list(pool.map(lambda part: part @ solved, parts)))
        result = np.empty_like(vector)
        result[self.order] = ordered / self.lam
        return result

    def _solved(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        half = solve_triangular(self.inner, right, lower=True, check_finite=False)
        solved: NDArray[np.float64]
        solved = solve_triangular(self.inner, half, lower=True, trans="T", check_finite=False)
        return solved


def finished(building: Building) -> Preconditioner:
    """Return a preconditioner of which all blocks are there.

    Parameters
    ----------
    building
        The preconditioner.
    """
    kernel, panels = building.kernel, building.size.panels()
    return Preconditioner(
        panels=[building.get(f"panel-{k:04d}") for k in range(len(panels))],
        order=np.concatenate([rows_of(kernel, p) for p in panels]),
        inner=building.get("inner"),
        lam=building.lam,
        threads=kernel.threads,
    )

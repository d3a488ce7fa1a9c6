"""Left-looking Cholesky factorisation, tile by tile, and what is solved with it.

A tile is assembled when its turn comes, takes the products of the finished tiles left
of it, is solved with its column's diagonal tile, and is kept: the matrix itself is
never whole. Golub and Van Loan, Matrix Computations, 4th ed., 4.2.6 and 4.2.9.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.arithmetic import Arithmetic
    from hpcmlff.models.sgdml.internal import InternalKernel
    from hpcmlff.models.sgdml.tiles import Tiles
    from hpcmlff.models.sgdml.tiling import Tiling


@dataclass(kw_only=True, slots=True)
class Watch:
    """What was spent on a system by this process."""

    assembly_s: float = 0.0
    """Time of assembling."""
    assembled: int = 0
    """Elements of the matrix assembled."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class System:
    """A kernel matrix with its regularisation, and how much of its factor there is."""

    matrix: InternalKernel
    """The kernel matrix, in internal unknowns; so are all vectors here."""
    lam: float
    """Added to the diagonal."""
    tiling: Tiling
    """How it is cut."""
    tiles: Tiles
    """Finished tiles of the factor."""
    watch: Watch = field(default_factory=Watch)
    """What was spent on it."""

    def factorise(self, arithmetic: Arithmetic) -> Iterator[tuple[int, int]]:
        """Finish the tiles that are missing; yield each one's row and column once it is finished.

        Raises
        ------
        numpy.linalg.LinAlgError
            The matrix is not positive definite.
        OSError
            The disk is full or failing.
        """
        for column in range(self.tiling.parts):
            rows = range(column, self.tiling.parts)
            missing = [row for row in rows if not self.tiles.has(row, column)]
            if missing:
                yield from self._column(arithmetic, column, missing)

    def _column(
        self, arithmetic: Arithmetic, column: int, rows: list[int]
    ) -> Iterator[tuple[int, int]]:
        beside = [arithmetic.take(self.tiles.get(column, m)) for m in range(column)]
        diagonal = None
        for row in rows:
            target = arithmetic.take(self.assembled(row, column))
            if row == column:
                for left in beside:
                    arithmetic.subtract_own(target, left)
                arithmetic.factorise(target)
            else:
                if diagonal is None:
                    diagonal = arithmetic.take(self.tiles.get(column, column))
                self._take_products(arithmetic, target, row, beside)
                arithmetic.solve(target, diagonal)
            self.tiles.put(row, column, arithmetic.give(target))
            yield row, column

    def _take_products(
        self, arithmetic: Arithmetic, target: Any, row: int, beside: list[Any]
    ) -> None:
        for m, right in enumerate(beside):
            if m + 1 < len(beside):
                self.tiles.expect(row, m + 1)
            elif row + 1 < self.tiling.parts:
                self.tiles.expect(row + 1, 0)
            arithmetic.subtract(target, arithmetic.take(self.tiles.get(row, m)), right)

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve with the finished factor.

        Parameters
        ----------
        right
            ``(n,)``.

        Returns
        -------
        ndarray
            ``(n,)``.
        """
        x = right.copy()
        ranges, parts = self.tiling.ranges, self.tiling.parts
        for row in range(parts):
            for column in range(row):
                x[ranges[row]] -= self.tiles.get(row, column) @ x[ranges[column]]
            x[ranges[row]] = _triangular(self.tiles.get(row, row), x[ranges[row]], "N")
        for row in reversed(range(parts)):
            for below in range(row + 1, parts):
                x[ranges[row]] -= self.tiles.get(below, row).T @ x[ranges[below]]
            x[ranges[row]] = _triangular(self.tiles.get(row, row), x[ranges[row]], "T")
        return x

    def residual(self, x: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``right - (K + lam) @ x``, by assembling K once more.

        Parameters
        ----------
        x, right
            ``(n,)``.
        """
        whole, ranges = self.matrix.outside(x), self.tiling.ranges
        product = np.zeros_like(whole)
        for row, column in self.tiling.tiles():
            tile = self.matrix.whole(ranges[row], ranges[column])
            down, along = (self.matrix.range_in_whole(ranges[k]) for k in (row, column))
            product[down] += tile @ whole[along]
            if row != column:
                product[along] += tile.T @ whole[down]
        return right - self.lam * x - self.matrix.inside(product)

    def assembled(self, row: int, column: int) -> NDArray[np.float64]:
        """Return a tile of the matrix, with its regularisation.

        Parameters
        ----------
        row, column
            Which tile.
        """
        before = time.perf_counter()
        tile = self.matrix.tile(self.tiling.ranges[row], self.tiling.ranges[column])
        if row == column:
            tile.flat[:: len(tile) + 1] += self.lam
        self.watch.assembly_s += time.perf_counter() - before
        self.watch.assembled += tile.size
        return tile


def _triangular(
    factor: NDArray[np.float64], right: NDArray[np.float64], trans: str
) -> NDArray[np.float64]:
    solved: NDArray[np.float64]
    solved = solve_triangular(factor, right, lower=True, trans=trans, check_finite=False)
    return solved

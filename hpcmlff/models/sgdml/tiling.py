"""How a kernel matrix is cut into square tiles; pure.

Tiles depend on the size of the problem alone, not on the job's memory: so a training
that goes on with more memory, or on another node, finds the tiles it left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = 12
"""A matrix is cut into about so many rows of tiles; with fewer, triangular solves, which
are slower than products, take a larger part."""
WIDEST = 3600
"""Unknowns of a tile at most. Wider ones are read less often and need more memory: a row
of tiles is held while a column is worked on."""
NARROWEST = 512
"""Unknowns of a tile at least; products of smaller ones are slow."""

_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Rows and columns of tiles; the lower triangle of them exists."""

    bounds: tuple[int, ...]
    """Unknowns at which tiles begin, and the end."""

    @cached_property
    def ranges(self) -> tuple[slice, ...]:
        """Unknowns of each row of tiles."""
        return tuple(slice(low, high) for low, high in pairwise(self.bounds))

    @property
    def parts(self) -> int:
        """Rows of tiles."""
        return len(self.bounds) - 1

    @property
    def n(self) -> int:
        """Number of unknowns."""
        return self.bounds[-1]

    @property
    def widest(self) -> int:
        """Unknowns of the widest tile."""
        return max(high - low for low, high in pairwise(self.bounds))

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Yield row and column of all tiles in the order in which they are finished."""
        for column in range(self.parts):
            for row in range(column, self.parts):
                yield row, column

    @property
    def work(self) -> int:
        """Work of all tiles, see `work_of`."""
        return sum(work_of(column) for _, column in self.tiles())

    @property
    def all_bytes(self) -> int:
        """Bytes of all tiles."""
        sizes = [high - low for low, high in pairwise(self.bounds)]
        return _BYTES * sum(sizes[row] * sizes[column] for row, column in self.tiles())

    @property
    def least_bytes(self) -> int:
        """Bytes without which no tile can be finished.

        The row of tiles that all tiles of a column need, one tile in the making, the
        diagonal one, one that is read and two that are being written.
        """
        return _BYTES * self.widest * (self.n + 5 * self.widest)


def flops_of(tiling: Tiling, row: int, column: int) -> float:
    """Return the operations that finish a tile; all tiles together are n³/3."""
    high, wide = (len(range(tiling.n)[tiling.ranges[k]]) for k in (row, column))
    before = tiling.bounds[column]
    if row == column:
        return wide**2 * (before + wide / 3)
    return high * wide * (2 * before + wide)


def nominal_width(n_atoms: int) -> int:
    """Return the unknowns of one frame's forces: motions that change a molecule's shape."""
    return max(3 * n_atoms - 6, 1)


def make_tiling(
    n_frames: int, n_atoms: int, *, energies: bool = False, width: int | None = None
) -> Tiling:
    """Cut a kernel matrix into tiles of whole frames.

    Parameters
    ----------
    n_frames
        Training frames.
    n_atoms
        Atoms of the molecule.
    energies
        Whether an unknown for each frame's energy follows those of the forces.
    width
        Unknowns of one frame's forces where they are not the usual ones, as with linear
        molecules; there are as many tiles all the same.
    """
    nominal = nominal_width(n_atoms)
    width = width or nominal
    wanted = min(max(n_frames * nominal / PARTS, NARROWEST), WIDEST)
    frames = max(1, round(wanted / nominal))
    forces = range(0, n_frames * width, frames * width)
    bounds = [*forces, n_frames * width]
    if energies:
        bounds += [*range(bounds[-1], bounds[-1] + n_frames, frames * width)][1:]
        bounds.append(n_frames * (width + 1))
    return Tiling(bounds=tuple(bounds))


def work_of(column: int) -> int:
    """Return the work of a tile: one unit is a product of two tiles, or a solve."""
    return column + 1

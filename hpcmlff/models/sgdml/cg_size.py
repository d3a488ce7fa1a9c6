"""How large the preconditioner of the iterative solver is, and what it costs; pure.

The number of columns follows the size of the problem, and is less where the job's memory
does not hold them. Twice the columns halve the iterations, and building takes four times
as long: from 6,000 to 72,000 unknowns a multiple of n^(2/3) is near the least time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isqrt

_GIB = 2**30
_BASE_GB = 0.6
"""Python with numpy, scipy, numba and sgdml imported, 0.25 GiB, and vectors."""
_PANEL = 2**23
"""Elements of a panel at most."""
_PANELS = 4
"""Panels in memory at once while the preconditioner is built."""
_SQUARES = 5
"""Square matrices of columns times columns in memory at once at most."""
_WANTED, _LEAST = 3.0, 1.0
"""Columns over n^(2/3); with fewer than the least, many hundreds of iterations were needed."""
_TILE_FLOP = 1e11
"""Operations of a part of the Gram matrix, which a core does in seconds."""

MOST_ITERATIONS = 3000
"""Ten times what usual systems take; with more it is given up."""

_ELEMENTWISE = 300
"""Products that a pair of frames' exponential function and the like take as long as."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CgSize:
    """A linear system and the columns its preconditioner is made of."""

    n_frames: int
    """Training frames."""
    per_frame: int
    """Unknowns of a frame, with its energy if that is constrained."""
    n_columns: int
    """Columns."""

    @property
    def n(self) -> int:
        """Number of unknowns."""
        return self.n_frames * self.per_frame

    def panels(self) -> list[slice]:
        """Return the frames of each panel."""
        step = max(1, _PANEL // self.n_columns // self.per_frame)
        starts = range(0, self.n_frames, step)
        return [slice(at, min(at + step, self.n_frames)) for at in starts]

    def tiles(self) -> list[slice]:
        """Return the rows of each part of the Gram matrix."""
        step = max(64, int(_TILE_FLOP / self.n / self.n_columns))
        starts = range(0, self.n_columns, step)
        return [slice(at, min(at + step, self.n_columns)) for at in starts]

    @property
    def parts(self) -> int:
        """Blocks that the preconditioner is made of."""
        return 3 + 2 * len(self.panels()) + len(self.tiles())

    @property
    def mem_gb(self) -> float:
        """Memory in GiB: the panels once, and what building them takes."""
        elements = self.n_columns * (self.n + _SQUARES * self.n_columns)
        return _BASE_GB + 8 * (elements + _PANELS * _panel(self)) / _GIB

    @property
    def disk_gb(self) -> float:
        """Blocks in GiB."""
        return 8 * self.n_columns * (self.n + 3.5 * self.n_columns) / _GIB

    def flop(self, iterations: int) -> float:
        """Return the operations of matrix algebra; products with the kernel are not in it.

        Parameters
        ----------
        iterations
            Iterations that are reckoned with: 100 to 300 are usual.
        """
        m = self.n_columns
        building = 2.0 * self.n * m**2 + 2 * m**3 / 3
        return building + iterations * (4.0 * self.n * m + 2.0 * m**2)


def wanted_size(n_frames: int, per_frame: int) -> CgSize:
    """Return the size where memory is no limit.

    Parameters
    ----------
    n_frames
        Training frames.
    per_frame
        Unknowns of a frame.
    """
    return _sized(n_frames, per_frame, _WANTED)


def least_size(n_frames: int, per_frame: int) -> CgSize:
    """Return the smallest size that is of use; as `wanted_size`."""
    return _sized(n_frames, per_frame, _LEAST)


def size_for(n_frames: int, per_frame: int, mem_gb: float) -> CgSize | None:
    """Return the size a job's memory allows; None if that is not even the smallest.

    Parameters
    ----------
    n_frames
        Training frames.
    per_frame
        Unknowns of a frame.
    mem_gb
        The job's memory in GiB.
    """
    wanted, least = wanted_size(n_frames, per_frame), least_size(n_frames, per_frame)
    if wanted.mem_gb <= mem_gb:
        return wanted
    if least.mem_gb > mem_gb:
        return None
    # With room for r elements: n m + 5 m^2 = r, solved for m; panels taken as full ones.
    room = int((mem_gb - _BASE_GB) * _GIB / 8) - _PANELS * _PANEL
    n = wanted.n
    fitting = (isqrt(n**2 + 4 * _SQUARES * max(room, 0)) - n) // (2 * _SQUARES)
    n_columns = max(least.n_columns, min(wanted.n_columns, fitting))
    found = CgSize(n_frames=n_frames, per_frame=per_frame, n_columns=n_columns)
    while found.mem_gb > mem_gb:
        # A panel of a single frame may be larger than a full one.
        fewer = max(least.n_columns, found.n_columns - 1 - found.n_columns // 1000)
        found = replace(found, n_columns=fewer)
    return found


def product_flop(n_frames: int, n_atoms: int, n_perms: int) -> float:
    """Return the operations of a product with the kernel matrix, of which an iteration has one.

    Parameters
    ----------
    n_frames, n_atoms
        Training frames and their atoms.
    n_perms
        Symmetries.
    """
    n_pairs = n_atoms * (n_atoms - 1) // 2
    return n_frames**2 * n_perms * (8.0 * n_pairs + _ELEMENTWISE)


def _sized(n_frames: int, per_frame: int, factor: float) -> CgSize:
    n = n_frames * per_frame
    n_columns = min(n, max(1, round(factor * float(n) ** (2 / 3))))
    return CgSize(n_frames=n_frames, per_frame=per_frame, n_columns=n_columns)


def _panel(size: CgSize) -> int:
    """Return the elements of the largest panel."""
    first = size.panels()[0]
    return len(range(size.n_frames)[first]) * size.per_frame * size.n_columns

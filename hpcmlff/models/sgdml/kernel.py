"""The kernel matrix, any part of it on demand, in the job's threads.

Its unknowns: three a frame and atom for forces (within a frame x of all atoms, then y,
then z), then one a frame for energies, if these are constrained. It is the negative of
sgdml's, so positive definite up to rounding.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.sgdml.cache import compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_PARTS_PER_THREAD = 4
"""Rows are shared out in more parts than threads, since cores differ in speed."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kernel:
    """A kernel matrix that is not there yet."""

    descriptors: NDArray[np.float64]
    """``(n_frames, n_atoms, n_atoms)``, inverse distances, 1/Å, zero on the diagonal."""
    jacobians: NDArray[np.float64]
    """``(n_frames, n_atoms, 3, n_atoms)``, derivative of the inverse distance of two atoms
    by the first one's position, 1/Å²."""
    inverse: NDArray[np.int64]
    """``(n_perms, n_atoms)``, symmetries, inverted."""
    sigma: float
    """Length scale, 1/Å."""
    energies: bool
    """Whether there are unknowns for energies."""
    threads: int
    """Threads to use; the result does not depend on it."""
    pool: ThreadPoolExecutor
    """These threads."""

    @property
    def n_frames(self) -> int:
        """Number of training frames."""
        return len(self.descriptors)

    @property
    def width(self) -> int:
        """Unknowns of one frame's forces."""
        return 3 * int(self.inverse.shape[1])

    @property
    def n(self) -> int:
        """Number of unknowns."""
        return self.n_frames * (self.width + self.energies)

    def fill(self, out: NDArray[np.float64], rows: slice, columns: slice) -> None:
        """Write a part of the matrix that lies on or below its diagonal.

        Parameters
        ----------
        out
            ``(n_rows, n_columns)``, written to.
        rows, columns
            Unknowns; each within forces or within energies, forces in whole frames.
        """
        height = len(out) // max(1, len(self._frames(rows)))

        def work(first: int, last: int) -> None:
            part = slice(rows.start + first * height, rows.start + last * height)
            self.fill_alone(out[first * height : last * height], part, columns)

        self.shared_out(len(out) // height, work)

    def fill_alone(self, out: NDArray[np.float64], rows: slice, columns: slice) -> None:
        """Do the same in the calling thread."""
        given = self.descriptors, self.jacobians, self.inverse, float(self.sigma)
        self._kind(rows, columns)(out, self._frames(rows), self._frames(columns), *given)

    def shared_out(self, count: int, work: Callable[[int, int], None], parts: int = 1) -> None:
        """Share out rows over the job's threads.

        Parameters
        ----------
        count
            Rows there are.
        work
            Called with the first row of a part and the first one after it.
        parts
            Make at least so many parts.
        """
        wanted = min(count, max(parts, self.threads * _PARTS_PER_THREAD))
        bounds = [count * k // wanted for k in range(wanted + 1)]
        list(self.pool.map(work, bounds[:-1], bounds[1:]))

    def by_frame(self, unknowns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the forces' unknowns as ``(n_frames, 3 · n_atoms)``, atom by atom."""
        forces = unknowns[: self.n_frames * self.width]
        planes = forces.reshape(self.n_frames, 3, self.width // 3)
        return planes.transpose(0, 2, 1).reshape(self.n_frames, self.width)

    def unknowns(
        self, forces: NDArray[np.float64], energies: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return values in the order of the unknowns.

        Parameters
        ----------
        forces
            ``(n_frames, n_atoms, 3)``.
        energies
            ``(n_frames,)``, left out where there are no unknowns for them.
        """
        planes = forces.transpose(0, 2, 1).reshape(-1)
        return np.concatenate((planes, energies)) if self.energies else planes

    def _kind(self, rows: slice, columns: slice) -> Callable[..., Any]:
        n_forces = self.n_frames * self.width
        if columns.start >= n_forces:
            name = "fill_energies"
        else:
            name = "fill_mixed" if rows.start >= n_forces else "fill_forces"
        fill: Callable[..., Any] = getattr(compiled(), name)
        return fill

    def _frames(self, unknowns: slice) -> NDArray[np.int64]:
        n_forces = self.n_frames * self.width
        if unknowns.start >= n_forces:
            return np.arange(unknowns.start - n_forces, unknowns.stop - n_forces)
        return np.arange(unknowns.start // self.width, unknowns.stop // self.width)


def make_kernel(
    positions: NDArray[np.float64],
    perms: NDArray[np.int64],
    sigma: float,
    *,
    energies: bool,
    threads: int,
) -> Kernel:
    """Describe the training frames.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    perms
        ``(n_perms, n_atoms)``, symmetries.
    sigma
        Length scale, 1/Å.
    energies
        Whether energies are constrained, too.
    threads
        Threads to use.
    """
    vectors = positions[:, :, None] - positions[:, None]
    diagonal = np.eye(positions.shape[1])
    distances = np.linalg.norm(vectors, axis=3) + diagonal
    jacobians = -vectors / distances[..., None] ** 3
    return Kernel(
        descriptors=1 / distances - diagonal,
        jacobians=np.ascontiguousarray(jacobians.transpose(0, 1, 3, 2)),
        inverse=np.argsort(perms, axis=1).astype(np.int64),
        sigma=sigma,
        energies=energies,
        threads=threads,
        pool=ThreadPoolExecutor(threads),
    )

"""Chosen columns of the kernel matrix, for a panel of frames at a time.

A panel has the unknowns of some frames: their forces, then their energies, if these are
constrained. Columns are chosen all over the matrix, so whole blocks are assembled and
most of them is dropped; single columns, compiled for themselves, took longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.kernel import Kernel

_ELEMENTS = 2**22
"""Elements that are assembled at once; most of them are dropped."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Columns:
    """Some columns of a kernel matrix."""

    kernel: Kernel
    """The kernel matrix."""
    chosen: NDArray[np.int64]
    """``(n_columns,)``, unknowns, in order."""

    def panel(self, frames: slice) -> NDArray[np.float64]:
        """Return the rows of some frames.

        Parameters
        ----------
        frames
            Which frames.

        Returns
        -------
        ndarray
            ``(n_rows, n_columns)``, in the order of `rows_of`.
        """
        kernel, rows = self.kernel, np.arange(frames.start, frames.stop)
        n_rows = len(rows_of(kernel, frames))
        out = np.empty((n_rows, len(self.chosen)))
        step = max(1, _ELEMENTS // n_rows // kernel.width)
        others = np.unique(frames_of(kernel, self.chosen))
        for at in range(0, len(others), step):
            some = others[at : at + step]
            unknowns = _unknowns(kernel, some)
            wanted = np.isin(unknowns, self.chosen)
            out[:, np.isin(self.chosen, unknowns)] = _block(kernel, rows, some)[:, wanted]
        return out

    def inside(self, frames: slice) -> NDArray[np.float64]:
        """Return those rows of some frames that are chosen as columns, too.

        Parameters
        ----------
        frames
            Which frames.

        Returns
        -------
        ndarray
            ``(n_rows, n_columns)``, in the order of `rows_of`.
        """
        return self.panel(frames)[np.isin(rows_of(self.kernel, frames), self.chosen)]


def rows_of(kernel: Kernel, frames: slice) -> NDArray[np.int64]:
    """Return the unknowns of some frames, ``(n_rows,)``.

    Parameters
    ----------
    kernel
        The kernel matrix.
    frames
        Which frames.
    """
    return _unknowns(kernel, np.arange(frames.start, frames.stop))


def frames_of(kernel: Kernel, unknowns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of each unknown's frame.

    Parameters
    ----------
    kernel
        The kernel matrix.
    unknowns
        ``(n,)``.
    """
    n_forces = kernel.n_frames * kernel.width
    return np.where(unknowns < n_forces, unknowns // kernel.width, unknowns - n_forces)


def _unknowns(kernel: Kernel, frames: NDArray[np.int64]) -> NDArray[np.int64]:
    forces = (frames[:, None] * kernel.width + np.arange(kernel.width)).ravel()
    energies = kernel.n_frames * kernel.width + frames
    return np.concatenate((forces, energies)) if kernel.energies else forces


def _block(
    kernel: Kernel, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return all that some frames have to do with some others."""
    # In a matrix of these frames alone, rows after columns, the block is below the diagonal.
    frames = np.concatenate((columns, rows))
    descriptors, jacobians = kernel.descriptors[frames], kernel.jacobians[frames]
    joined = replace(kernel, descriptors=descriptors, jacobians=jacobians)
    (other_forces, forces), (other_energies, energies) = _split(joined, len(columns))
    both = _filled(joined, forces, other_forces)
    if not kernel.energies:
        return both
    above = _filled(joined, other_energies, forces).T
    below = _filled(joined, energies, other_forces)
    return np.block([[both, above], [below, _filled(joined, energies, other_energies)]])


def _split(kernel: Kernel, first: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the forces, then the energies, of the first frames and of the others."""
    width, n_frames = kernel.width, kernel.n_frames
    n_forces = n_frames * width
    forces = slice(0, first * width), slice(first * width, n_forces)
    return forces, (slice(n_forces, n_forces + first), slice(n_forces + first, n_forces + n_frames))


def _filled(kernel: Kernel, rows: slice, columns: slice) -> NDArray[np.float64]:
    out = np.empty((rows.stop - rows.start, columns.stop - columns.start))
    kernel.fill(out, rows, columns)
    return out

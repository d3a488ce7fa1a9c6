"""The kernel matrix without the motions that no descriptor sees.

Distances do not change when a molecule moves or turns as a whole, so each frame's 3 · n_atoms
unknowns have six directions in which the kernel matrix is zero. In an orthonormal basis
of the others the system has ``3 · n_atoms - 6`` unknowns a frame and the same solution: with K
the matrix, Q the basis, K = Q Qᵀ K Q Qᵀ, hence (K + lam)⁻¹ = Q (QᵀKQ + lam)⁻¹ Qᵀ on what
Q spans. The rest of the labels, forces on the molecule as a whole, can be fitted by no
coefficients and is left out; it had no influence on predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.kernel import Kernel

_SEEN = 1e-6
"""A turn that moves atoms by less than this part of a shift is none: the frame is linear."""
_SLAB_ELEMENTS = 2**20
"""Elements of the whole matrix that a thread assembles at once, before they become fewer."""


def internal_basis(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis of what changes a molecule's shape.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.

    Returns
    -------
    ndarray
        ``(n_frames, 3 · n_atoms, width)``, in the order x of all atoms, then y, then z. Of
        linear molecules the width is one larger than of others.
    """
    rigid = _rigid_motions(positions - positions.mean(axis=1, keepdims=True))
    vectors, sizes, _ = np.linalg.svd(rigid, full_matrices=True)
    n_rigid = int((sizes > _SEEN * sizes[:, :1]).sum(axis=1).min())
    return np.ascontiguousarray(vectors[:, :, n_rigid:])


def _rigid_motions(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return three shifts and three turns of each frame, ``(n_frames, 3 · n_atoms, 6)``."""
    n_frames, n_atoms, _ = centred.shape
    shifts = np.broadcast_to(np.eye(3)[:, None, :], (n_frames, 3, n_atoms, 3))
    radius = np.sqrt(np.mean(centred**2, axis=(1, 2), keepdims=True))
    turns = np.cross(np.eye(3)[:, None, :], (centred / radius)[:, None])
    motions = np.concatenate((shifts, turns), axis=1)
    return motions.transpose(0, 3, 2, 1).reshape(n_frames, 3 * n_atoms, 6)


@cache
def _libraries() -> ThreadpoolController:
    # Finding the libraries takes longer than a tile.
    return ThreadpoolController()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class InternalKernel:
    """A kernel matrix in the basis of internal motions; it is not there yet, either."""

    kernel: Kernel
    """The whole matrix."""
    basis: NDArray[np.float64]
    """``(n_frames, 3 · n_atoms, width)``, see `internal_basis`."""

    @property
    def width(self) -> int:
        """Unknowns of one frame's forces."""
        return int(self.basis.shape[2])

    def tile(self, rows: slice, columns: slice) -> NDArray[np.float64]:
        """Assemble a part that lies on or below the diagonal.

        Parameters
        ----------
        rows, columns
            Unknowns; each within forces or within energies, forces in whole frames.

        Returns
        -------
        ndarray
            ``(n_rows, n_columns)``.
        """
        out = np.empty((rows.stop - rows.start, columns.stop - columns.start))
        wide = self.range_in_whole(columns)
        step = 1 if self._frames(rows) is None else self.width
        elements = len(out) // step * self.kernel.width * (wide.stop - wide.start)

        def work(first: int, last: int) -> None:
            slab = slice(rows.start + first * step, rows.start + last * step)
            self._fill(out[first * step : last * step], slab, columns)

        with _libraries().limit(limits=1):
            self.kernel.shared_out(len(out) // step, work, elements // _SLAB_ELEMENTS)
        return out

    def whole(self, rows: slice, columns: slice) -> NDArray[np.float64]:
        """Assemble the same part of the whole matrix.

        Parameters
        ----------
        rows, columns
            As for `tile`.

        Returns
        -------
        ndarray
            ``(n_rows, n_columns)`` of the whole matrix, see `range_in_whole`.
        """
        rows, columns = self.range_in_whole(rows), self.range_in_whole(columns)
        out = np.empty((rows.stop - rows.start, columns.stop - columns.start))
        self.kernel.fill(out, rows, columns)
        return out

    def range_in_whole(self, unknowns: slice) -> slice:
        """Return which unknowns of the whole matrix belong to some internal ones."""
        n_forces, wide = self.kernel.n_frames * self.width, self.kernel.width
        if unknowns.start >= n_forces:
            beyond = self.kernel.n_frames * wide - n_forces
            return slice(unknowns.start + beyond, unknowns.stop + beyond)
        return slice(unknowns.start // self.width * wide, unknowns.stop // self.width * wide)

    def inside(self, whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the internal part of ``(n_whole,)`` unknowns, ``(n,)``."""
        forces, energies = self._split(whole, self.kernel.width)
        return np.concatenate((np.einsum("fwi,fw->fi", self.basis, forces).ravel(), energies))

    def outside(self, internal: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(n_whole,)`` unknowns of the whole matrix from ``(n,)`` internal ones."""
        forces, energies = self._split(internal, self.width)
        return np.concatenate((np.einsum("fwi,fi->fw", self.basis, forces).ravel(), energies))

    def _split(
        self, unknowns: NDArray[np.float64], width: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n_forces = self.kernel.n_frames * width
        return unknowns[:n_forces].reshape(-1, width), unknowns[n_forces:]

    def _fill(self, out: NDArray[np.float64], rows: slice, columns: slice) -> None:
        tall, wide = self.range_in_whole(rows), self.range_in_whole(columns)
        part = np.empty((tall.stop - tall.start, wide.stop - wide.start))
        self.kernel.fill_alone(part, tall, wide)
        self._project(part, rows, columns, out)

    def _project(
        self, part: NDArray[np.float64], rows: slice, columns: slice, out: NDArray[np.float64]
    ) -> None:
        """Bring rows, then columns, of some frames' forces into the basis."""
        frames, others = self._frames(rows), self._frames(columns)
        if frames is not None:
            blocks = part.reshape(-1, self.kernel.width, part.shape[1])
            part = np.matmul(self.basis[frames].transpose(0, 2, 1), blocks)
        part = part.reshape(len(out), -1)
        if others is None:
            out[:] = part
            return
        wide, width = self.kernel.width, self.width
        for k, basis in enumerate(self.basis[others]):
            block = part[:, k * wide : (k + 1) * wide]
            np.matmul(block, basis, out=out[:, k * width : (k + 1) * width])

    def _frames(self, unknowns: slice) -> slice | None:
        """Return the frames of some forces; None for energies."""
        if unknowns.start >= self.kernel.n_frames * self.width:
            return None
        return slice(unknowns.start // self.width, unknowns.stop // self.width)

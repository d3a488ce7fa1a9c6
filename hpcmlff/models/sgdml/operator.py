"""Products of the kernel matrix with a vector, without the matrix.

Between two frames only their descriptors' difference and the projected vectors count,
not the Jacobians; for all pairs of frames at once these are matrix products. So a
product costs some hundredth of assembling the matrix. Symbols as in `compiled`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.sgdml.kernel import Kernel

_ROWS = 256
"""Frames times symmetries that are worked on at once, in one thread, at most."""
_ELEMENTS = 2**18
"""The same times the number of frames, so that intermediate results stay in the cache."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Operator:
    """A kernel matrix that can only be multiplied with."""

    kernel: Kernel
    """The kernel matrix."""
    ends: NDArray[np.float64]
    """``(n_pairs, n_atoms)``, 1 for the first atom of a pair, -1 for its second."""
    descriptors: NDArray[np.float64]
    """``(n_frames, n_pairs)``, inverse distances less their mean, 1/Å: differences stay as
    they are, and cancel less in the products."""
    jacobians: NDArray[np.float64]
    """``(n_frames, 3, n_pairs)``, derivatives by the first atom's position, 1/Å²."""
    permuted: NDArray[np.int64]
    """``(n_perms, n_pairs)``, pairs in the order of every symmetry."""

    def product(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``K @ vector``.

        Work is shared out in parts that do not depend on the number of threads, and nor
        does the result, if BLAS keeps to one thread.

        Parameters
        ----------
        vector
            ``(n,)``, in the kernel's order of unknowns.

        Returns
        -------
        ndarray
            ``(n,)``.
        """
        n_frames, n_atoms = len(self.descriptors), self.ends.shape[1]
        n_forces = n_frames * 3 * n_atoms
        by_pair = vector[:n_forces].reshape(n_frames, 3, n_atoms) @ self.ends.T
        projected = np.einsum("ixp,ixp->ip", self.jacobians, by_pair)
        on_energies = vector[n_forces:]
        frames = max(1, min(_ROWS, _ELEMENTS // n_frames) // len(self.permuted))
        parts = [slice(at, at + frames) for at in range(0, n_frames, frames)]
        with ThreadPoolExecutor(self.kernel.threads) as pool:
            done = list(pool.map(lambda part: self._part(part, projected, on_energies), parts))
        pairs, energies = (np.concatenate(part) for part in zip(*done, strict=True))
        forces = (self.jacobians * pairs[:, None]) @ self.ends
        return np.concatenate((forces.ravel(), energies))

    def _part(
        self, part: slice, projected: NDArray[np.float64], on_energies: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return some frames' results, of forces by pair, and of energies."""
        own = self.descriptors[part][:, self.permuted].reshape(-1, len(self.ends))
        others, sigma = self.descriptors, self.kernel.sigma
        s = self._distances(own)
        decay = np.exp(s / -sigma)
        base = 5 / (3 * sigma**4) * decay
        weight = sigma * base * (s + sigma)
        along = own @ projected.T - np.einsum("ip,ip->i", others, projected)
        energies = (weight * along).sum(axis=1)
        by_difference = -5 * base * along
        if self.kernel.energies:
            t = s / sigma
            energies += (decay * (1 + t * (1 + t / 3))) @ on_energies
            by_difference -= weight * on_energies
        pairs = by_difference.sum(axis=1)[:, None] * own - by_difference @ others
        pairs += weight @ projected
        return self._summed(pairs), self._by_perm(energies).sum(axis=1)[: self._n_energies(part)]

    def _distances(self, own: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sqrt(5) times the distance of descriptors."""
        others = self.descriptors
        squares = -2 * (own @ others.T)
        squares += np.einsum("ip,ip->i", own, own)[:, None]
        squares += np.einsum("ip,ip->i", others, others)
        # Rounding may leave less than nothing of equal frames.
        distances: NDArray[np.float64] = np.sqrt(5 * np.maximum(squares, 0))
        return distances

    def _summed(self, pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over symmetries, each brought back into the order of the frame."""
        by_perm = self._by_perm(pairs)
        total = np.zeros((len(by_perm), len(self.ends)))
        for number, permuted in enumerate(self.permuted):
            total[:, permuted] += by_perm[:, number]
        return total

    def _by_perm(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return rows.reshape(-1, len(self.permuted), *rows.shape[1:])

    def _n_energies(self, part: slice) -> int:
        return part.stop - part.start if self.kernel.energies else 0


def make_operator(kernel: Kernel) -> Operator:
    """Bring a kernel's frames into the form products need.

    Parameters
    ----------
    kernel
        The kernel matrix.
    """
    n_atoms = kernel.inverse.shape[1]
    first, second = np.triu_indices(n_atoms, 1)
    number = np.zeros((n_atoms, n_atoms), dtype=np.int64)
    number[first, second] = number[second, first] = np.arange(len(first))
    permuted = number[kernel.inverse[:, first], kernel.inverse[:, second]]
    descriptors = kernel.descriptors[:, first, second]
    # A mean over symmetries, too, so that it is the same in the order of each.
    mean = descriptors.mean(axis=0)[permuted].mean(axis=0)
    atoms = np.eye(n_atoms)
    return Operator(
        kernel=kernel,
        ends=atoms[first] - atoms[second],
        descriptors=descriptors - mean,
        jacobians=np.ascontiguousarray(kernel.jacobians.transpose(0, 2, 1, 3)[:, :, first, second]),
        permuted=permuted,
    )

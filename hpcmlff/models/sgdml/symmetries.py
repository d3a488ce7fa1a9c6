"""Descriptors, symmetries and the kernel matrix, by the sgdml package in this process.

The package's own drivers fork one pool of processes per call, size it by the node,
and keep the matrix in the node's shared memory; here their innermost function is
called directly, one training frame at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.sgdml.package import stock

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCHED_FRAMES = 1000
"""Symmetries are looked for in at most so many frames, as stock sgdml does."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Descriptors:
    """Training geometries as the kernel sees them."""

    values: NDArray[np.float64]
    """``(n_frames, n_pairs)``, inverse distances, 1/Å."""
    jacobians: NDArray[np.float64]
    """``(n_frames, n_pairs, 3)``, their derivatives by the positions, 1/Å²."""
    tool: Any
    """sgdml's ``Desc`` of the molecule."""
    permutations: NDArray[np.int64]
    """``(n_pairs · n_perms,)``, symmetries acting on a tiled descriptor."""


def find_symmetries(
    positions: NDArray[np.float64], species: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Find permutations of like atoms that map training frames onto each other.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    species
        ``(n_atoms,)``, atomic numbers.
    seed
        Chooses the frames where there are more than `MATCHED_FRAMES`.

    Returns
    -------
    ndarray
        ``(n_perms, n_atoms)``; the identity is among them.
    """
    if len(positions) > MATCHED_FRAMES:
        chosen = np.random.default_rng(seed).choice(len(positions), MATCHED_FRAMES, replace=False)
        positions = positions[chosen]
    perm = stock("utils.perm")
    try:
        found = perm.find_perms(positions, species, max_processes=1)
    finally:
        perm.glob.clear()
    return np.asarray(found, dtype=np.int64)


def pair_permutations(perms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn permutations of atoms into one that acts on a tiled descriptor.

    Parameters
    ----------
    perms
        ``(n_perms, n_atoms)``.

    Returns
    -------
    ndarray
        ``(n_pairs · n_perms,)``, what sgdml calls ``tril_perms_lin``.
    """
    n_atoms = perms.shape[1]
    of_pairs = np.array([stock("utils.desc").Desc.perm(perm) for perm in perms])
    offsets = np.arange(len(perms))[:, None] * (n_atoms * (n_atoms - 1) // 2)
    return np.asarray((of_pairs + offsets).flatten("F"), dtype=np.int64)


def describe(positions: NDArray[np.float64], perms: NDArray[np.int64]) -> Descriptors:
    """Compute descriptors and their Jacobians.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    perms
        ``(n_perms, n_atoms)``.
    """
    n_frames, n_atoms, _ = positions.shape
    tool = stock("utils.desc").Desc(n_atoms, max_processes=1)
    values, jacobians = tool.from_R(positions.reshape(n_frames, -1))
    return Descriptors(
        values=values.reshape(n_frames, tool.dim),
        jacobians=jacobians.reshape(n_frames, tool.dim, 3),
        tool=tool,
        permutations=pair_permutations(perms),
    )


def assemble(frames: Descriptors, sigma: int, *, energies: bool) -> NDArray[np.float64]:
    """Build the kernel matrix; of the force part only blocks on and below the diagonal.

    Parameters
    ----------
    frames
        The training frames.
    sigma
        Length scale, 1/Å.
    energies
        Whether a row and a column for each frame's energy follow those of the forces.

    Returns
    -------
    ndarray
        ``(n, n)`` with n = 3 · n_atoms · n_frames, plus n_frames with energies; positive
        definite up to rounding.
    """
    n_frames, width = len(frames.values), frames.tool.dim_i
    n = n_frames * (width + energies)
    matrix = np.zeros((n, n))
    if energies:
        for column in range(2 * n_frames):
            _columns(frames, column, sigma, matrix, energies=True)
    else:
        for first in range(n_frames):
            at = first * width
            panel = np.empty((n - at, width))
            _columns(_from(frames, first), 0, sigma, panel, energies=False)
            matrix[at:, at : at + width] = panel
    # sgdml's kernel is the negative of a positive definite one.
    return np.negative(matrix, out=matrix)


def _from(frames: Descriptors, first: int) -> Descriptors:
    return Descriptors(
        values=frames.values[first:],
        jacobians=frames.jacobians[first:],
        tool=frames.tool,
        permutations=frames.permutations,
    )


def _columns(
    frames: Descriptors, column: int, sigma: int, out: NDArray[np.float64], *, energies: bool
) -> None:
    train = stock("train")
    with _shared(train, frames, out):
        train._assemble_kernel_mat_wkr(column, frames.permutations, sigma, use_E_cstr=energies)


@contextmanager
def _shared(train: Any, frames: Descriptors, out: NDArray[np.float64]) -> Iterator[None]:
    """Hand arrays to sgdml's worker, which takes them from a global of its module."""
    before = vars(train).get("glob")
    train.glob = {"K": out, "K_shape": out.shape, "desc_func": frames.tool}
    for name, array in (("R_desc", frames.values), ("R_d_desc", frames.jacobians)):
        train.glob |= {name: array, f"{name}_shape": array.shape}
    try:
        yield
    finally:
        del train.glob
        if before is not None:
            train.glob = before

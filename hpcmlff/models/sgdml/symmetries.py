"""Symmetries, and descriptors as model files hold them, by the sgdml package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.sgdml.package import stock

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCHED_FRAMES = 250
"""Symmetries are looked for in at most so many frames, each of which is compared with all
others; stock sgdml takes 1,000, which takes sixteen times as long."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Descriptors:
    """Training geometries as sgdml's models hold them."""

    values: NDArray[np.float64]
    """``(n_frames, n_pairs)``, inverse distances, 1/Å."""
    jacobians: NDArray[np.float64]
    """``(n_frames, n_pairs, 3)``, their derivatives by the positions, 1/Å²."""
    tool: Any
    """sgdml's ``Desc`` of the molecule."""


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


def describe(positions: NDArray[np.float64]) -> Descriptors:
    """Compute descriptors and their Jacobians.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    """
    n_frames, n_atoms, _ = positions.shape
    tool = stock("utils.desc").Desc(n_atoms, max_processes=1)
    values, jacobians = tool.from_R(positions.reshape(n_frames, -1))
    return Descriptors(
        values=values.reshape(n_frames, tool.dim),
        jacobians=jacobians.reshape(n_frames, tool.dim, 3),
        tool=tool,
    )

"""Distances expanded as schnetpack does, with derivatives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def gaussians(distances: NDArray[np.float64], cutoff_ang: float, count: int) -> Pair:
    """Return the functions of ``schnetpack.nn.GaussianRBF``, and their derivatives, 1/Å.

    Parameters
    ----------
    distances
        ``(..., 1)``, Å.
    cutoff_ang
        Centre of the last one, Å.
    count
        How many there are.
    """
    centres = np.linspace(0, cutoff_ang, count)
    from_centres, width = distances - centres, centres[1]
    values = np.exp(-0.5 * (from_centres / width) ** 2)
    return values, -values * from_centres / width**2


def cosine(distances: NDArray[np.float64], cutoff_ang: float) -> Pair:
    """Return ``schnetpack.nn.CosineCutoff``, and its derivative, 1/Å.

    Parameters
    ----------
    distances
        Å.
    cutoff_ang
        From here on it is zero, Å.
    """
    turn, inside = distances * (math.pi / cutoff_ang), distances < cutoff_ang
    slope = -0.5 * math.pi / cutoff_ang * np.sin(turn)
    return 0.5 * (np.cos(turn) + 1) * inside, slope * inside


def vectors(positions: NDArray[np.float64], beyond_ang: float) -> Pair:
    """Return distances and directions of all pairs of atoms.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.
    beyond_ang
        Stands for an atom's distance from itself, Å.

    Returns
    -------
    distances
        ``(n_atoms, n_atoms, n_frames)``, Å.
    directions
        ``(n_atoms, n_atoms, n_frames, 3)``, unit vectors from the first atom to the second.
    """
    between = (positions[:, None] - positions[:, :, None]).transpose(1, 2, 0, 3)
    distances = np.linalg.norm(between, axis=-1)
    same = np.arange(positions.shape[1])
    distances[same, same] = beyond_ang
    return distances, between / distances[..., None]

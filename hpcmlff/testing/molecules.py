"""A small molecule with analytic forces, to try trainers on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.models.protocol import Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPECIES = np.array([8, 6, 1, 7, 1], dtype=np.int64)
"""Atomic numbers of the molecule."""

OFFSET_KCAL_MOL = -1.2e5
"""Energy at rest: as large as in real data, where float32 would lose it."""

_AT_REST_ANG = np.array(
    [[0.0, 0.0, 0.1], [1.2, 0.0, 0.0], [1.8, 0.9, -0.2], [1.9, -1.1, 0.3], [2.8, -1.0, 0.9]]
)
_STIFFNESS_KCAL_MOL_ANG2 = 200.0


def springs(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energies and forces of the molecule, each pair of atoms joined by a spring.

    Parameters
    ----------
    positions
        ``(n_frames, n_atoms, 3)``, Å.

    Returns
    -------
    energies
        ``(n_frames,)``, kcal/mol.
    forces
        ``(n_frames, n_atoms, 3)``, kcal/mol/Å, the negative gradient of the energies.
    """
    first, second = np.triu_indices(len(SPECIES), k=1)
    rest = np.linalg.norm(_AT_REST_ANG[second] - _AT_REST_ANG[first], axis=1)
    vectors = positions[:, second] - positions[:, first]
    lengths = np.linalg.norm(vectors, axis=2)
    stretch = lengths - rest
    energies = OFFSET_KCAL_MOL + 0.5 * _STIFFNESS_KCAL_MOL_ANG2 * np.sum(stretch**2, axis=1)
    pulls = _STIFFNESS_KCAL_MOL_ANG2 * (stretch / lengths)[..., None] * vectors
    forces = np.zeros_like(positions)
    for pair, (i, j) in enumerate(zip(first, second, strict=True)):
        forces[:, i] += pulls[:, pair]
        forces[:, j] -= pulls[:, pair]
    return energies, forces


def samples(n_frames: int, seed: int) -> Samples:
    """Return frames scattered around rest by 0.08 Å, as read-only arrays.

    Parameters
    ----------
    n_frames
        Number of frames.
    seed
        Chooses them.
    """
    noise = np.random.default_rng(seed).normal(scale=0.08, size=(n_frames, len(SPECIES), 3))
    positions = _AT_REST_ANG + noise
    energies, forces = springs(positions)
    for array in (positions, energies, forces):
        array.setflags(write=False)
    return Samples(positions=positions, energies=energies, forces=forces)

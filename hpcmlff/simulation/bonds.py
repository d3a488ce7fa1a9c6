"""Bonds of a molecule by its geometry, and those that break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames

BONDED = 1.25
"""Two atoms are bonded that are closer than this times the sum of their covalent radii
(Cordero et al., Dalton Trans. 2008, 2832, as ASE has them)."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bonds:
    """The bonds of a molecule."""

    pairs: NDArray[np.int64]
    """``(n_bonds, 2)``, atoms counted from 0; the first number is the smaller."""
    lengths: NDArray[np.float64]
    """``(n_bonds,)``, their mean over the molecule's data, Å."""

    def stretch(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each bond's length over its mean one.

        Parameters
        ----------
        positions
            ``(n_frames, n_atoms, 3)``, Å.

        Returns
        -------
        numpy.ndarray
            ``(n_frames, n_bonds)``.
        """
        first, second = self.pairs.T
        vectors = positions[:, second] - positions[:, first]
        found: NDArray[np.float64] = np.linalg.norm(vectors, axis=2) / self.lengths
        return found


def find_bonds(frames: Frames, start: int) -> Bonds:
    """Find the bonds of one frame, and how long they are in all.

    Parameters
    ----------
    frames
        A molecule's data.
    start
        Number of the frame whose geometry tells which atoms are bonded.
    """
    from ase.data import covalent_radii

    first, second = np.triu_indices(frames.n_atoms, k=1)
    place, radii = frames.positions[start], covalent_radii[frames.species]
    lengths = np.linalg.norm(place[second] - place[first], axis=1)
    bonded = lengths < BONDED * (radii[first] + radii[second])
    first, second = first[bonded], second[bonded]
    vectors = frames.positions[:, second] - frames.positions[:, first]
    return Bonds(
        pairs=np.stack([first, second], axis=1).astype(np.int64),
        lengths=np.linalg.norm(vectors, axis=2).mean(axis=0),
    )

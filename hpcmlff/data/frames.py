"""Frames of one molecule in the library's own units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frames:
    """Geometries, energies and forces of one molecule, atoms always in the same order."""

    species: NDArray[np.int64]
    """``(n_atoms,)``, atomic numbers."""
    positions: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, Å."""
    energies: NDArray[np.float64]
    """``(n_frames,)``, kcal/mol, of the whole molecule."""
    forces: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, kcal/mol/Å; forces, not gradients."""

    def __post_init__(self) -> None:
        if self.energies.ndim != 1 or self.species.ndim != 1:
            raise DataError("energies and species must be one-dimensional")
        shape = (len(self.energies), len(self.species), 3)
        for name in ("positions", "forces"):
            found = getattr(self, name).shape
            if found != shape:
                raise DataError(f"{name} have the shape {found}, expected {shape}")

    def __len__(self) -> int:
        return len(self.energies)

    @property
    def n_atoms(self) -> int:
        """Number of atoms in the molecule."""
        return len(self.species)

    def take(self, indices: NDArray[np.int64]) -> Frames:
        """Return the frames with these numbers, in this order."""
        return replace(
            self,
            positions=self.positions[indices],
            energies=self.energies[indices],
            forces=self.forces[indices],
        )

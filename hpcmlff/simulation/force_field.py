"""A trained model, ready to predict one frame after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames
    from hpcmlff.models.protocol import Predict
    from hpcmlff.spec.cells import Cell


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ForceField:
    """A finished cell's model."""

    cell: Cell
    """The cell."""
    model_sha256: str
    """Digest of the checkpoint that the model is from."""
    species: NDArray[np.int64]
    """``(n_atoms,)``, atomic numbers in the order of the training frames."""
    frames: Frames
    """All frames of the molecule's dataset."""
    predict: Predict
    """The trainer's prediction, kcal/mol and kcal/mol/Å."""

    def check_species(self, numbers: NDArray[np.int64]) -> None:
        """Refuse atoms that are not the model's, in the model's order.

        Parameters
        ----------
        numbers
            ``(n_atoms,)``, atomic numbers.

        Raises
        ------
        DataError
            Their number, an element or the order differs.
        """
        from ase.data import chemical_symbols

        if len(numbers) != len(self.species):
            what = f"the molecule has {len(numbers)} atoms, the model's has {len(self.species)}"
            raise DataError(what, where=self.cell.label)
        for atom in np.flatnonzero(np.asarray(numbers) != self.species):
            found, expected = (chemical_symbols[one[atom]] for one in (numbers, self.species))
            raise DataError(
                f"atom {atom} is {found}, the model's is {expected}",
                where=self.cell.label,
                hint="Bring the atoms into the order of the training frames",
            )

    def at(self, positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Predict one frame.

        Parameters
        ----------
        positions
            ``(n_atoms, 3)``, Å.

        Returns
        -------
        energy
            kcal/mol.
        forces
            ``(n_atoms, 3)``, kcal/mol/Å.
        """
        energies, forces = self.predict(positions[None])
        return float(energies[0]), forces[0]

    def lowest_frame(self) -> int:
        """Return the number of the frame with the lowest energy: where simulations begin.

        It is the same for all models, sizes and seeds of a molecule.
        """
        return int(np.argmin(self.frames.energies))

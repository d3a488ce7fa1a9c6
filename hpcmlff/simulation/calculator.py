"""A trained model as an ASE calculator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ase.calculators.calculator import Calculator, all_changes

from hpcmlff.errors import DataError
from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.simulation.force_field import ForceField


class TrainedCalculator(Calculator):  # type: ignore[misc]
    """Energies (eV) and forces (eV/Å) of a molecule, by the model of a finished cell.

    Parameters
    ----------
    field
        The model; ``hpcmlff.calculator`` finds it in a store.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]
    """What ASE may ask for."""

    def __init__(self, field: ForceField) -> None:
        super().__init__()
        self.field = field

    def calculate(
        self,
        atoms: Any = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Predict a frame; called by ASE.

        Raises
        ------
        DataError
            The atoms are not the model's, not in its order, or periodic.
        """
        super().calculate(atoms, list(properties), system_changes)
        self.field.check_species(self.atoms.numbers)
        if self.atoms.pbc.any():
            raise DataError(
                "the atoms are periodic, the model is of a molecule alone",
                where=self.field.cell.label,
                hint="Set atoms.pbc = False",
            )
        energy, forces = self.field.at(self.atoms.positions)
        energy_ev = energy / EV_KCAL_MOL
        self.results = {
            "energy": energy_ev,
            "free_energy": energy_ev,
            "forces": forces / EV_KCAL_MOL,
        }

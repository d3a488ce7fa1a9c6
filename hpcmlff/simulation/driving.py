"""A path made by the reference method: the coordinate is set, the rest relaxed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from hpcmlff.data.generate.gfn2 import NAME, calculating, gfn2, import_tblite
from hpcmlff.errors import DataError
from hpcmlff.simulation.coordinate import Coordinate, moving_atoms
from hpcmlff.simulation.reference_path import ReferencePath, keep_path, kept_path
from hpcmlff.units import EV_KCAL_MOL

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames
    from hpcmlff.simulation.bonds import Bonds
    from hpcmlff.simulation.watch import Watch
    from hpcmlff.spec.scan import ScanSettings

SAME_KCAL_MOL = 0.05
"""Energies of one geometry that differ by more are of different methods."""

FORCE_EV_ANG, MOST_STEPS = 0.05, 300
"""Where relaxations end."""

_ELSE = "Give the path as a file of frames: --reference FILE"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drive:
    """Makes a path, point after point, each kept before the next begins."""

    frames: Frames
    """The molecule's data."""
    start: int
    """Number of the frame it begins with."""
    bonds: Bonds
    """The molecule's bonds."""
    settings: ScanSettings
    """Coordinate, range and so on."""
    coordinate: Coordinate = field(init=False)
    """The coordinate."""
    moving: list[int] = field(init=False)
    """Atoms that move when it is set."""

    def __post_init__(self) -> None:
        coordinate = Coordinate(atoms=tuple(self.settings.atoms))
        moving = moving_atoms(coordinate, self.bonds, self.frames.n_atoms)
        object.__setattr__(self, "coordinate", coordinate)
        object.__setattr__(self, "moving", moving)

    def run(self, path: Path, watch: Watch) -> ReferencePath | None:
        """Make the points that are missing.

        Parameters
        ----------
        path
            Where it is kept.
        watch
            Told the points done; may stop it.

        Returns
        -------
        ReferencePath or None
            None if it was stopped.

        Raises
        ------
        DataError
            The data are of another method, a package is missing, or a calculation failed.
        StoreError
            The file cannot be written.
        """
        found = kept_path(path, self.frames.n_atoms)
        if len(found) == self.settings.points:
            return found
        # Loaded first: its threads are slow, and add up in another order every time.
        import_tblite()
        with threadpool_limits(1, user_api="openmp"):
            self._check_method()
            return self._extend(found, path, watch)

    def _extend(self, found: ReferencePath, path: Path, watch: Watch) -> ReferencePath | None:
        notes = {"settings": self.settings.model_dump(), "method": NAME, "start": self.start}
        values = np.linspace(self.settings.first_deg, self.settings.last_deg, self.settings.points)
        for value_deg in values[len(found) :]:
            if watch.should_stop():
                return None
            before = found.positions_ang[-1] if len(found) else self.frames.positions[self.start]
            found = found.extended(self._point(before, float(value_deg)))
            keep_path(path, found, notes)
            watch.tell(len(found), len(values))
        return found

    def _check_method(self) -> None:
        """Refuse data that GFN2-xTB has not made.

        Raises
        ------
        DataError
            It says something else of the frame where the scan begins.
        """
        atoms = self._atoms(self.frames.positions[self.start])
        with calculating(f"frame {self.start}", _ELSE):
            found = atoms.get_potential_energy() * EV_KCAL_MOL
        stated = self.frames.energies[self.start]
        if abs(found - stated) > SAME_KCAL_MOL:
            what = (
                f"the data are not of {NAME}: it gives {found:.2f} kcal/mol for frame"
                f" {self.start}, the data say {stated:.2f}"
            )
            raise DataError(what, hint=_ELSE)

    def _atoms(self, positions: NDArray[np.float64]) -> Any:
        from ase import Atoms

        # A new calculator: its last wave function would make points depend on those before.
        return Atoms(self.frames.species, positions, calculator=gfn2(self.settings.charge))

    def _point(self, before: NDArray[np.float64], value_deg: float) -> ReferencePath:
        atoms = self._atoms(before)
        self.coordinate.drive(atoms, value_deg, self.moving)
        with calculating(
            f"the scan at {value_deg:g}°", "Scan in smaller steps, another way, or with --rigid"
        ):
            settled = self._relax(atoms, value_deg) if self.settings.relaxed else True
            energy = atoms.get_potential_energy(apply_constraint=False)
            forces = atoms.get_forces(apply_constraint=False)
        return ReferencePath(
            values_deg=np.array([self.coordinate.near(value_deg, atoms.positions)]),
            positions_ang=atoms.get_positions()[None],
            energies_kcal_mol=np.array([energy * EV_KCAL_MOL]),
            forces_kcal_mol_ang=forces[None] * EV_KCAL_MOL,
            settled=np.array([settled]),
        )

    def _relax(self, atoms: Any, value_deg: float) -> bool:
        from ase.optimize import BFGS

        atoms.set_constraint(self.coordinate.restraint(value_deg))
        return bool(BFGS(atoms, logfile=None).run(fmax=FORCE_EV_ANG, steps=MOST_STEPS))

"""An angle or a dihedral of a molecule: its values, and what moves when it is driven."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hpcmlff.data.generate.restraint import DrivenRestraint
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.simulation.bonds import Bonds

STIFFNESS_EV_RAD2 = 200.0
"""Force constant by which a coordinate is held: at slopes of 2 eV/rad it is off by half a
degree. What is held exactly (ASE's FixInternals) often cannot be relaxed from far away."""

_CARBON, _NITROGEN = 6, 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Coordinate:
    """One internal coordinate."""

    atoms: tuple[int, ...]
    """Three atoms of an angle or four of a dihedral, counted from 0."""

    @property
    def kind(self) -> str:
        """``angle`` or ``dihedral``."""
        return "angle" if len(self.atoms) == 3 else "dihedral"

    def name(self, species: NDArray[np.int64]) -> str:
        """Return its name for people, such as ``dihedral C5-N6-N7-C8``."""
        from ase.data import chemical_symbols

        atoms = "-".join(f"{chemical_symbols[species[atom]]}{atom}" for atom in self.atoms)
        return f"{self.kind} {atoms}"

    def values(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value in each frame, degrees.

        Parameters
        ----------
        positions
            ``(n_frames, n_atoms, 3)``, Å.

        Returns
        -------
        numpy.ndarray
            ``(n_frames,)``; dihedrals make no jump of a whole turn from frame to frame.
        """
        from ase import geometry

        steps = np.diff(positions[:, list(self.atoms)], axis=1)
        if self.kind == "angle":
            angles: NDArray[np.float64] = geometry.get_angles(-steps[:, 0], steps[:, 1])
            return angles
        turns = geometry.get_dihedrals(steps[:, 0], steps[:, 1], steps[:, 2])
        return np.unwrap(turns, period=360.0)

    def drive(self, atoms: Any, value_deg: float, moving: list[int]) -> None:
        """Set it in an ASE molecule, all moving atoms turned together."""
        if self.kind == "angle":
            atoms.set_angle(*self.atoms, value_deg, indices=moving)
        else:
            atoms.set_dihedral(*self.atoms, value_deg, indices=moving)

    def restraint(self, value_deg: float) -> DrivenRestraint:
        """Return a constraint for ASE that holds it close to a value."""
        path: Literal["rotation", "inversion"]
        path = "inversion" if self.kind == "angle" else "rotation"
        made = DrivenRestraint(path, self.atoms, STIFFNESS_EV_RAD2)
        made.target_deg = value_deg
        return made

    def near(self, value_deg: float, positions: NDArray[np.float64]) -> float:
        """Return the value of one frame, degrees, a dihedral's in the turn that is nearest."""
        [found] = self.values(positions[None])
        return float(value_deg + (found - value_deg + 180.0) % 360.0 - 180.0)


def moving_atoms(coordinate: Coordinate, bonds: Bonds, n_atoms: int) -> list[int]:
    """Return the atoms on the far side of the coordinate's bond.

    That is the bond between its second and third atom.

    Parameters
    ----------
    coordinate
        The coordinate.
    bonds
        The molecule's bonds.
    n_atoms
        Atoms in the molecule.

    Raises
    ------
    DataError
        There is no such atom or bond, or the bond is part of a ring.
    """
    if max(coordinate.atoms) >= n_atoms:
        what = f"there is no atom {max(coordinate.atoms)}; the last one is {n_atoms - 1}"
        raise DataError(what)
    bonded = {frozenset(pair) for pair in bonds.pairs.tolist()}
    near, far = coordinate.atoms[1], coordinate.atoms[2]
    for pair in pairwise(coordinate.atoms):
        if frozenset(pair) not in bonded:
            raise DataError(f"atoms {pair[0]} and {pair[1]} are not bonded")
    found = _connected(far, bonded - {frozenset((near, far))})
    if near in found:
        what = f"the bond of atoms {near} and {far} is part of a ring: nothing can turn about it"
        raise DataError(what)
    return sorted(found)


def find_bridge(species: NDArray[np.int64], bonds: Bonds) -> tuple[int, int, int, int]:
    """Return the atoms of a molecule's only bridge C-N-N-C.

    Raises
    ------
    DataError
        It has none, or several.
    """
    neighbours: dict[int, list[int]] = {}
    for first, second in bonds.pairs.tolist():
        neighbours.setdefault(first, []).append(second)
        neighbours.setdefault(second, []).append(first)
    found = [
        (before, first, second, after)
        for first, second in bonds.pairs.tolist()
        if species[first] == species[second] == _NITROGEN
        for before in neighbours[first]
        for after in neighbours[second]
        if species[before] == species[after] == _CARBON
    ]
    if len(found) != 1:
        what = f"the molecule has {len(found)} bridges C-N-N-C, where one is needed"
        raise DataError(what, hint="Name atoms with --dihedral or --angle")
    return found[0]


def _connected(start: int, bonded: set[frozenset[int]]) -> set[int]:
    found, new = {start}, [start]
    while new:
        atom = new.pop()
        reached = {other for pair in bonded if atom in pair for other in pair} - found
        found |= reached
        new += reached
    return found

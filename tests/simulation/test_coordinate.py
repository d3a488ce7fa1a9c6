from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from hpcmlff.data.frames import Frames
from hpcmlff.data.generate.molecules import BUILT_IN
from hpcmlff.errors import DataError
from hpcmlff.simulation.bonds import Bonds, find_bonds
from hpcmlff.simulation.coordinate import Coordinate, find_bridge, moving_atoms


def built_in(name: str) -> tuple[Atoms, Bonds]:
    geometry = BUILT_IN[name].geometry
    atoms = Atoms([row[0] for row in geometry], [row[1:] for row in geometry])
    return atoms, bonds_of(atoms)


def bonds_of(atoms: Atoms) -> Bonds:
    frames = Frames(
        species=atoms.numbers.astype(np.int64),
        positions=atoms.positions[None],
        energies=np.zeros(1),
        forces=np.zeros((1, len(atoms), 3)),
    )
    return find_bonds(frames, 0)


def test_values_are_those_of_ase_without_jumps() -> None:
    atoms, bonds = built_in("azobenzene")
    dihedral, angle = Coordinate(atoms=(5, 6, 7, 8)), Coordinate(atoms=(5, 6, 7))
    moving = moving_atoms(dihedral, bonds, len(atoms))
    frames = []
    for value_deg in (340.0, 355.0, 10.0, 25.0):
        dihedral.drive(atoms, value_deg, moving)
        frames.append(atoms.get_positions())
    values = dihedral.values(np.array(frames))
    assert values == pytest.approx([340, 355, 370, 385])
    assert angle.values(np.array(frames)) == pytest.approx([atoms.get_angle(5, 6, 7)] * 4)
    assert dihedral.name(atoms.numbers) == "dihedral C5-N6-N7-C8"
    assert angle.name(atoms.numbers) == "angle C5-N6-N7"


@pytest.mark.parametrize("named", [(5, 6, 7, 8), (5, 6, 7)])
def test_what_moves_is_the_far_side_as_a_whole(named: tuple[int, ...]) -> None:
    atoms, bonds = built_in("azobenzene")
    coordinate = Coordinate(atoms=named)
    moving = moving_atoms(coordinate, bonds, len(atoms))
    assert moving == [7, 8, 9, 10, 11, 12, 13, 19, 20, 21, 22, 23]
    before = atoms.get_positions()
    coordinate.drive(atoms, 130.0, moving)
    after = atoms.get_positions()
    assert coordinate.values(after[None]) == pytest.approx([130.0])
    still = [atom for atom in range(24) if atom not in moving]
    np.testing.assert_array_equal(after[still], before[still])
    lengths = bonds.stretch(after[None])
    assert lengths == pytest.approx(np.ones((1, 25)))


@pytest.mark.parametrize("named", [(5, 6, 7, 8), (5, 6, 7)])
def test_a_restraint_pulls_to_the_value(named: tuple[int, ...]) -> None:
    atoms, _ = built_in("azobenzene")
    coordinate = Coordinate(atoms=named)
    [value_deg] = coordinate.values(atoms.positions[None])
    restraint = coordinate.restraint(float(value_deg) - 2.0)
    two_degrees_rad = np.radians(2.0)
    energy = restraint.adjust_potential_energy(atoms)
    assert energy == pytest.approx(0.5 * 200.0 * two_degrees_rad**2)
    forces = np.zeros((24, 3))
    restraint.adjust_forces(atoms, forces)
    before = atoms.get_positions()
    atoms.positions += 1e-4 * forces
    assert restraint.adjust_potential_energy(atoms) < energy
    assert coordinate.near(float(value_deg) + 360.0, before) == pytest.approx(value_deg + 360.0)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ((0, 1, 2, 3), "the bond of atoms 1 and 2 is part of a ring"),
        ((5, 6, 8, 7), "atoms 6 and 8 are not bonded"),
        ((5, 6, 24), "there is no atom 24; the last one is 23"),
    ],
)
def test_what_cannot_be_driven_is_refused(named: tuple[int, ...], message: str) -> None:
    atoms, bonds = built_in("azobenzene")
    with pytest.raises(DataError, match=message):
        moving_atoms(Coordinate(atoms=named), bonds, len(atoms))


def test_the_bridge_is_found_whatever_the_order_of_the_atoms() -> None:
    atoms, bonds = built_in("azobenzene")
    assert find_bridge(atoms.numbers, bonds) == (5, 6, 7, 8)
    turned = atoms[::-1]
    assert find_bridge(turned.numbers, bonds_of(turned)) == (15, 16, 17, 18)
    water = molecule("H2O")
    with pytest.raises(DataError, match="the molecule has 0 bridges C-N-N-C"):
        find_bridge(water.numbers, bonds_of(water))

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from ase import Atoms

from hpcmlff.data.generate.molecules import BUILT_IN
from hpcmlff.data.generate.restraint import DrivenRestraint, target_deg


def _azobenzene() -> Atoms:
    rows = BUILT_IN["azobenzene"].geometry
    atoms = Atoms([row[0] for row in rows], [row[1:] for row in rows])
    atoms.rattle(0.05, seed=1)
    return atoms


@pytest.mark.parametrize("path", ["rotation", "inversion"])
def test_forces_are_the_slope_of_the_energy(path: Literal["rotation", "inversion"]) -> None:
    bridge = BUILT_IN["azobenzene"].bridge
    assert bridge is not None
    atoms, restraint = _azobenzene(), DrivenRestraint(path, bridge)
    restraint.target_deg = 150.0
    forces = np.zeros((24, 3))
    restraint.adjust_forces(atoms, forces)
    slope = np.zeros((24, 3))
    for atom in range(24):
        for axis in range(3):
            energies = []
            for step in (1e-5, -1e-5):
                moved = atoms.copy()
                moved.positions[atom, axis] += step
                energies.append(restraint.adjust_potential_energy(moved))
            slope[atom, axis] = (energies[0] - energies[1]) / 2e-5
    np.testing.assert_allclose(forces, -slope, atol=1e-7)
    assert np.abs(forces).max() > 1


def test_a_dihedral_is_pulled_the_short_way() -> None:
    bridge = BUILT_IN["azobenzene"].bridge
    assert bridge is not None
    atoms, restraint = _azobenzene(), DrivenRestraint("rotation", bridge)
    atoms.set_dihedral(*bridge, 10.0)
    restraint.target_deg = 350.0
    expected = 0.5 * 10.0 * np.radians(20.0) ** 2
    assert restraint.adjust_potential_energy(atoms) == pytest.approx(expected, abs=1e-6)
    assert restraint.get_removed_dof(atoms) == 0


def test_the_target_goes_along_the_path() -> None:
    assert [target_deg("rotation", share) for share in (0.0, 0.5, 1.0)] == [180.0, 90.0, 0.0]
    assert [target_deg("inversion", share) for share in (0.0, 0.5, 1.0)] == [117.0, 180.0, 117.0]

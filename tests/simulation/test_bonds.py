from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from analytic import analytic
from ase.build import molecule

from hpcmlff.data.frames import Frames
from hpcmlff.data.generate.molecules import BUILT_IN
from hpcmlff.simulation.bonds import Bonds, find_bonds
from hpcmlff.simulation.recording import Recording, from_plain, joined, recorded
from hpcmlff.simulation.summary import degrees_of_freedom, summarise
from hpcmlff.spec.dynamics import MdSettings
from hpcmlff.testing.molecules import SPECIES

WATER = molecule("H2O")


def frames(atoms: Any, *scales: float) -> Frames:
    positions = np.array([scale * atoms.positions for scale in scales])
    return Frames(
        species=atoms.numbers.astype(np.int64),
        positions=positions,
        energies=np.zeros(len(scales)),
        forces=np.zeros(positions.shape),
    )


def test_water_has_two_bonds_of_their_mean_length() -> None:
    found = find_bonds(frames(WATER, 1.0, 1.1), 0)
    assert found.pairs.tolist() == [[0, 1], [0, 2]]
    assert found.lengths == pytest.approx([1.05 * 0.9686] * 2, abs=1e-3)
    assert found.stretch(WATER.positions[None]) == pytest.approx(np.full((1, 2), 1 / 1.05))


@pytest.mark.parametrize(("name", "n_bonds"), [("glycine", 9), ("azobenzene", 25)])
def test_the_built_in_molecules_have_their_bonds(name: str, n_bonds: int) -> None:
    from ase import Atoms

    geometry = BUILT_IN[name].geometry
    atoms = Atoms([row[0] for row in geometry], [row[1:] for row in geometry])
    assert len(find_bonds(frames(atoms, 1.0), 0).pairs) == n_bonds


def test_degrees_of_freedom_are_those_that_can_be_warm() -> None:
    for name, at_constant_energy in (("H2O", 3), ("CO2", 4), ("N2", 1)):
        atoms = molecule(name)
        given = atoms.numbers, atoms.positions
        assert degrees_of_freedom("nve", *given) == at_constant_energy
        assert degrees_of_freedom("langevin", *given) == 3 * len(atoms)


def recording() -> Recording:
    """Five frames of water; one hydrogen is away in the last two."""
    positions = np.repeat(WATER.positions[None], 5, axis=0)
    positions[3:, 2] *= 2.0
    return Recording(
        times_ps=np.arange(5) * 0.5,
        positions_ang=positions,
        velocities_ang_ps=np.zeros((5, 3, 3)),
        potential_kcal_mol=-47800.0 + np.array([0.0, 0.3, 0.4, 9.0, 9.0]),
        kinetic_kcal_mol=np.array([1.0, 0.9, 1.0, 7.0, 7.0]),
    )


def test_the_summary_ends_where_the_first_bond_breaks() -> None:
    numbers = WATER.numbers.astype(np.int64)
    found = summarise(MdSettings(), numbers, find_bonds(frames(WATER, 1.0), 0), recording())
    [broken] = found["broken"]
    assert (broken["atoms"], broken["elements"], broken["at_ps"]) == ((0, 2), "O-H", 1.5)
    assert found["broken_at_ps"] == 1.5
    assert found["n_bonds"] == 2
    # Total energies 1.0, 1.2, 1.4 at 0, 0.5, 1 ps.
    assert found["drift_kcal_mol_ps"] == pytest.approx(0.4)
    assert found["drift_mev_atom_ps"] == pytest.approx(0.4 * 43.3641 / 3, rel=1e-5)
    assert found["energy_scatter_kcal_mol"] == pytest.approx(0.0, abs=1e-9)
    # Three degrees of freedom: T = 2 E / (3 k), k = 1.98720e-3 kcal/mol/K.
    mean = 2 * (2.9 / 3) / (3 * 1.98720e-3)
    assert found["temperature_mean_k"] == pytest.approx(mean, rel=1e-4)
    assert found["curves"]["energy_kcal_mol"] == pytest.approx([0.0, 0.2, 0.4, 15.0, 15.0])


def test_without_frames_nothing_is_claimed() -> None:
    bonds = Bonds(pairs=np.array([[0, 1]]), lengths=np.ones(1))
    found = summarise(MdSettings(), SPECIES, bonds, recorded([], [], 5))
    names = ("drift_kcal_mol_ps", "temperature_mean_k", "broken_at_ps", "longest_stretch")
    assert [found[name] for name in names] == [None] * 4
    assert found["simulated_ps"] == 0.0


def test_a_recording_survives_being_cut_and_joined() -> None:
    whole = recording()
    again = from_plain(joined([whole.until(2), whole]).until(2).as_plain())
    np.testing.assert_array_equal(again.positions_ang, whole.positions_ang[:2])
    assert again.total_kcal_mol == pytest.approx([-47799.0, -47798.8])


def test_the_field_starts_at_its_lowest_frame() -> None:
    field = analytic()
    assert field.lowest_frame() == int(np.argmin(field.frames.energies))

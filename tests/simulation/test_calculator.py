from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from simulated import MEAN, SGDML, UNFINISHED

import hpcmlff
from hpcmlff.errors import DataError, StoreError
from hpcmlff.spec.selection import selection
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.store import Store
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.units import EV_KCAL_MOL

FRAME = samples(1, seed=3).positions[0]


@pytest.fixture(scope="module")
def atoms(store: Store) -> Atoms:
    return Atoms(SPECIES, FRAME, calculator=hpcmlff.calculator(store.path, SGDML))


def test_forces_are_the_slope_of_the_energies(atoms: Atoms) -> None:
    forces, step_ang = atoms.get_forces(), 0.001
    for atom, axis in ((0, 0), (1, 2), (4, 1)):
        energies = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions[atom, axis] += sign * step_ang
            moved.calc = atoms.calc
            energies.append(moved.get_potential_energy())
        slope = (energies[0] - energies[1]) / (2 * step_ang)
        assert forces[atom, axis] == pytest.approx(-slope, abs=1e-4)


def test_it_predicts_what_the_cell_was_scored_by(store: Store, atoms: Atoms) -> None:
    [cell] = selection([SGDML]).cells(store.current_grid().cells)
    kept = restore(store.cell(cell))
    assert kept is not None
    frames = atoms.calc.field.frames.take(kept.content.plain["split/test"])
    for number in (0, 7):
        atoms.positions = frames.positions[number]
        energy = kept.content.plain["test/energies_kcal_mol"][number] / EV_KCAL_MOL
        forces = kept.content.plain["test/forces_kcal_mol_ang"][number] / EV_KCAL_MOL
        assert atoms.get_potential_energy() == energy
        np.testing.assert_array_equal(atoms.get_forces(), forces)


def test_a_store_may_be_named_by_its_folder_or_its_grid(store: Store) -> None:
    grid = store.path.parents[1] / "grid.yaml"
    for given in (hpcmlff.Store(store.path), str(store.path), grid):
        calculator = hpcmlff.calculator(given, MEAN)
        atoms = Atoms(SPECIES, FRAME, calculator=calculator)
        assert not atoms.get_forces().any()
        assert atoms.get_potential_energy() < -5000


@pytest.mark.parametrize(
    ("species", "message"),
    [
        ([6, 8, 1, 7, 1], "atom 0 is C, the model's is O. Bring the atoms into the order"),
        ([8, 6, 1, 1, 7], "atom 3 is H, the model's is N"),
        ([8, 6, 1, 7], "the molecule has 4 atoms, the model's has 5"),
    ],
)
def test_other_atoms_are_refused(store: Store, species: list[int], message: str) -> None:
    calculator = hpcmlff.calculator(store.path, SGDML)
    atoms = Atoms(species, FRAME[: len(species)], calculator=calculator)
    with pytest.raises(DataError) as found:
        atoms.get_forces()
    assert message in str(found.value)


def test_periodic_atoms_are_refused(store: Store) -> None:
    calculator = hpcmlff.calculator(store.path, MEAN)
    atoms = Atoms(SPECIES, FRAME, cell=[9, 9, 9], pbc=True, calculator=calculator)
    with pytest.raises(DataError, match="the atoms are periodic"):
        atoms.get_potential_energy()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (UNFINISHED, "the cell is not done"),
        ("painn", "there is no model 'painn'"),
        ("sgdml", "2 cells fit 'sgdml'"),
    ],
)
def test_cells_without_a_model_are_refused(store: Store, cell: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        hpcmlff.calculator(store.path, cell)


def test_what_is_not_there_is_no_part_of_the_package(tmp_path: Path) -> None:
    assert not hasattr(hpcmlff, "no_such_thing")
    with pytest.raises(StoreError, match="is not a store"):
        hpcmlff.calculator(tmp_path, MEAN)

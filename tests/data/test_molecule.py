from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.db import connect
from springs import SYMBOLS, water, write_xyz, xyz_text

from hpcmlff.data.dataset import load_molecule
from hpcmlff.data.frames import Frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Generate, Molecule, Units

UNITS = Units(energy="kcal/mol", length="angstrom")


def _molecule(**changed: Any) -> Molecule:
    paths = {k: Path(v) if isinstance(v, str) else v for k, v in changed.items()}
    return Molecule(path=Path("water.xyz"), **({"units": UNITS} | paths))


def _message(molecule: Molecule, folder: Path) -> str:
    with pytest.raises(DataError) as raised:
        load_molecule(molecule, folder)
    return str(raised.value).replace(f"{folder}/", "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_xyz(tmp_path / "water.xyz", water(8))
    write_xyz(tmp_path / "test.xyz", water(3, seed=1))
    return tmp_path


def test_one_file_has_no_fixed_sets(folder: Path) -> None:
    frames, fixed, source = load_molecule(_molecule(), folder)
    assert len(frames) == 8
    assert (fixed.train, fixed.validation, fixed.test) == (None, None, None)
    assert source["unit_origin"] == "stated by the user"
    assert source["units"] == {"energy": "kcal/mol", "length": "angstrom"}
    assert [one["n"] for one in source["files"]] == [8]


def test_a_test_file_becomes_the_fixed_test_set(folder: Path) -> None:
    frames, fixed, source = load_molecule(_molecule(test_path="test.xyz"), folder)
    assert fixed.train is not None
    assert fixed.test is not None
    assert fixed.train.tolist() == list(range(8))
    assert fixed.test.tolist() == [8, 9, 10]
    np.testing.assert_allclose(frames.energies[8:], water(3, seed=1).energies, atol=1e-7)
    assert [one["path"] for one in source["files"]] == [
        str(folder / "water.xyz"),
        str(folder / "test.xyz"),
    ]


def test_index_files_become_fixed_sets(folder: Path) -> None:
    (folder / "train.txt").write_text("1\n2\n3\n")
    np.save(folder / "valid.npy", np.array([4]))
    molecule = _molecule(
        train_indices="train.txt",
        validation_indices="valid.npy",
        test_path="test.xyz",
        index_base=1,
    )
    _, fixed, source = load_molecule(molecule, folder)
    assert fixed.train is not None
    assert fixed.validation is not None
    assert fixed.test is not None
    assert fixed.train.tolist() == [0, 1, 2]
    assert fixed.validation.tolist() == [3]
    assert fixed.test.tolist() == [8, 9, 10]
    assert source["index_files"]["train"] == str(folder / "train.txt")


def test_index_files_number_the_main_file_only(folder: Path) -> None:
    (folder / "train.txt").write_text("1\n9\n")
    molecule = _molecule(train_indices="train.txt", test_path="test.xyz")
    expected = "train.txt: line 2: 9 is out of range, frames are numbered 0 to 7"
    assert _message(molecule, folder) == expected


def test_index_files_must_not_share_frames(folder: Path) -> None:
    (folder / "train.txt").write_text("1\n2\n")
    (folder / "test.txt").write_text("2\n")
    molecule = _molecule(train_indices="train.txt", test_indices="test.txt")
    expected = "train.txt and test.txt: frame 2 is both in the train and in the test set"
    assert _message(molecule, folder) == expected


def test_another_molecule_in_the_test_file_is_an_error(folder: Path) -> None:
    (folder / "test.xyz").write_text(xyz_text(water(3), ("H", "O", "H")))
    expected = "test.xyz: atom 1 is H, in water.xyz it is O"
    assert _message(_molecule(test_path="test.xyz"), folder) == expected
    full = water(3)
    pair = Frames(
        species=full.species[:2],
        positions=full.positions[:, :2],
        energies=full.energies,
        forces=full.forces[:, :2],
    )
    (folder / "test.xyz").write_text(xyz_text(pair, ("O", "H")))
    expected = "test.xyz: the frames have 2 atoms, those of water.xyz have 3"
    assert _message(_molecule(test_path="test.xyz"), folder) == expected


def test_files_that_state_different_units_are_an_error(tmp_path: Path) -> None:
    for name, energy in (("water.db", "kcal/mol"), ("test.db", "eV")):
        frames = water(2)
        with connect(tmp_path / name, use_lock_file=False) as database:
            database.metadata = {
                "_property_unit_dict": {"energy": energy, "forces": f"{energy}/Ang"},
                "_distance_unit": "Ang",
            }
            for k in range(2):
                data = {"energy": frames.energies[k], "forces": frames.forces[k]}
                database.write(Atoms(SYMBOLS, frames.positions[k]), data=data)
    molecule = Molecule(path=Path("water.db"), test_path=Path("test.db"))
    expected = "test.db: the units are eV and angstrom, those of water.db are kcal/mol and angstrom"
    assert _message(molecule, tmp_path) == expected


def test_frames_that_are_yet_to_be_made_are_an_error(tmp_path: Path) -> None:
    molecule = Molecule(generate=Generate(molecule="glycine", frames=3))
    expected = "the frames of glycine are yet to be made. python -m hpcmlff.data generate --help"
    assert _message(molecule, tmp_path) == expected


def test_frames_refuse_shapes_that_do_not_fit() -> None:
    frames = water(3)
    with pytest.raises(DataError, match=r"forces have the shape \(2, 3, 3\), expected \(3, 3, 3\)"):
        replace(frames, forces=frames.forces[:2])
    with pytest.raises(DataError, match="energies and species must be one-dimensional"):
        replace(frames, energies=frames.energies[:, None])
    taken = frames.take(np.array([2, 0]))
    assert (len(taken), taken.n_atoms) == (2, 3)
    assert taken.energies.tolist() == frames.energies[[2, 0]].tolist()

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from springs import KCAL, SYMBOLS, water

from hpcmlff.data.readers import read_frames
from hpcmlff.errors import DataError


def _atoms(n: int) -> list[Atoms]:
    frames, made = water(n), []
    for place, energy, force in zip(frames.positions, frames.energies, frames.forces, strict=True):
        atoms = Atoms(SYMBOLS, place)
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=force)
        made.append(atoms)
    return made


def _message(path: Path) -> str:
    with pytest.raises(DataError) as raised:
        read_frames(path, units=KCAL)
    return str(raised.value).replace(f"{path.parent}/", "")


def test_reads_what_ase_wrote(tmp_path: Path) -> None:
    path, frames = tmp_path / "water.xyz", water(4)
    write(path, _atoms(4), format="extxyz")
    found = read_frames(path, units=KCAL)
    assert found.format == "extxyz"
    np.testing.assert_allclose(found.frames.forces, frames.forces, atol=1e-6)
    np.testing.assert_allclose(found.frames.energies, frames.energies, atol=1e-6)


@pytest.mark.parametrize("name", ["energy", "forces"])
def test_a_frame_without_energy_or_forces_is_named(tmp_path: Path, name: str) -> None:
    atoms, path = _atoms(3), tmp_path / "water.extxyz"
    del atoms[1].calc.results[name]
    write(path, atoms, format="extxyz")
    other = "energy" if name == "forces" else "forces"
    expected = f"water.extxyz: frame 2, line 6: {name} missing. It has: {other}"
    assert _message(path) == expected


def test_a_periodic_frame_is_refused(tmp_path: Path) -> None:
    atoms, path = _atoms(2), tmp_path / "water.extxyz"
    atoms[1].set_cell([9, 9, 9])
    atoms[1].pbc = True
    write(path, atoms, format="extxyz")
    expected = "water.extxyz: frame 2, line 6: the frame is periodic, expected a free molecule"
    assert _message(path).startswith(expected)


def test_an_atom_line_that_ase_cannot_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "water.extxyz"
    write(path, _atoms(3), format="extxyz")
    lines = path.read_text().splitlines()
    lines[13] = "H 0 0"
    path.write_text("\n".join(lines))
    assert _message(path).startswith("water.extxyz: frame 3, line 11: is not extended xyz: ")


def test_a_cut_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "water.extxyz"
    write(path, _atoms(3), format="extxyz")
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert _message(path) == "water.extxyz: frame 3, line 14: the file ends inside the frame"


def test_other_atoms_than_in_the_first_frame_are_an_error(tmp_path: Path) -> None:
    atoms, path = _atoms(3), tmp_path / "water.extxyz"
    atoms[2].symbols[1] = "F"
    write(path, atoms, format="extxyz")
    expected = "water.extxyz: frame 3: atom 2 is F, in the first frame it is H"
    assert _message(path) == expected


def test_a_number_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    atoms, path = _atoms(3), tmp_path / "water.extxyz"
    atoms[1].calc.results["forces"][0, 0] = np.nan
    write(path, atoms, format="extxyz")
    assert _message(path) == "water.extxyz: frame 2: forces: a number is not finite"


def test_an_energy_that_is_a_word_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "h.extxyz"
    path.write_text("1\nProperties=species:S:1:pos:R:3:forces:R:3 energy=low\nH 0 0 0 0 0 0\n")
    expected = "h.extxyz: frame 1, line 1: the energy is not one number (found 'low')"
    assert _message(path) == expected


def test_units_have_to_be_stated(tmp_path: Path) -> None:
    path = tmp_path / "water.extxyz"
    write(path, _atoms(2), format="extxyz")
    with pytest.raises(DataError) as raised:
        read_frames(path)
    assert str(raised.value) == (
        f"{path}: nobody states the units. Write in grid.yaml, under the molecule: "
        "units: {energy: kcal/mol, length: angstrom}"
    )

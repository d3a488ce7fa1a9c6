from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from springs import KCAL, SYMBOLS, water

from hpcmlff.data.readers import read_frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Units
from hpcmlff.units import EV_KCAL_MOL

STATED = {
    "_property_unit_dict": {"Energy": "kcal/mol", "forces": "kcal/mol/Ang"},
    "_distance_unit": "Ang",
    "atomrefs": {},
}


def _plain(path: Path, n: int = 4, **without: bool) -> Path:
    frames = water(n)
    with connect(path, use_lock_file=False) as database:
        for k in range(n):
            atoms = Atoms(SYMBOLS, frames.positions[k])
            results = {
                "energy": frames.energies[k] / EV_KCAL_MOL,
                "forces": frames.forces[k] / EV_KCAL_MOL,
            }
            kept = {name: one for name, one in results.items() if name not in without}
            atoms.calc = SinglePointCalculator(atoms, **kept)
            database.write(atoms)
    return path


def _schnetpack(path: Path, metadata: dict[str, Any], pbc: bool = False) -> Path:
    frames = water(4)
    with connect(path, use_lock_file=False) as database:
        database.metadata = metadata
        for k in range(4):
            data = {"Energy": frames.energies[k : k + 1], "forces": frames.forces[k]}
            database.write(Atoms(SYMBOLS, frames.positions[k], pbc=pbc), data=data)
    return path


def _message(path: Path, units: Units | None = None) -> str:
    with pytest.raises(DataError) as raised:
        read_frames(path, units=units)
    return str(raised.value).replace(f"{path.parent}/", "")


def test_plain_databases_are_in_ev_and_angstrom(tmp_path: Path) -> None:
    found = read_frames(_plain(tmp_path / "water.db"))
    assert (found.format, found.unit_origin) == ("ase-db", "stated by the file")
    assert found.units == Units(energy="eV", length="angstrom")
    np.testing.assert_allclose(found.frames.energies, water(4).energies)
    np.testing.assert_allclose(found.frames.forces, water(4).forces)


def test_json_databases_are_read_too(tmp_path: Path) -> None:
    found = read_frames(_plain(tmp_path / "water.json"))
    np.testing.assert_allclose(found.frames.forces, water(4).forces)


def test_units_against_the_convention_are_refused(tmp_path: Path) -> None:
    message = _message(_plain(tmp_path / "water.db"), KCAL)
    assert message.startswith("water.db: the file states the energy unit eV, the grid kcal/mol")


def test_schnetpack_databases_state_their_units(tmp_path: Path) -> None:
    found = read_frames(_schnetpack(tmp_path / "water.db", STATED))
    assert (found.units, found.unit_origin) == (KCAL, "stated by the file")
    np.testing.assert_array_equal(found.frames.energies, water(4).energies)
    np.testing.assert_array_equal(found.frames.forces, water(4).forces)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"_property_unit_dict": {"energy": "eV", "forces": "kcal/mol/Ang"}},
            "forces are in kcal/mol/Ang, expected eV/Ang, energy over length",
        ),
        (
            {"_property_unit_dict": {"Energy": "eV", "dipole": "Debye"}},
            "has no property named 'forces'. It has: Energy, dipole",
        ),
        (
            {"_property_unit_dict": {"Energy": "ev", "forces": "eV/furlong"}},
            "unknown length unit 'furlong'. Valid: angstrom, bohr, nm",
        ),
        ({"_distance_unit": None}, "states no '_distance_unit'"),
    ],
)
def test_units_that_do_not_belong_together_are_refused(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    metadata = {name: one for name, one in (STATED | changed).items() if one is not None}
    if "energy" in metadata["_property_unit_dict"]:
        metadata["_property_unit_dict"] = {
            "Energy": metadata["_property_unit_dict"]["energy"],
            "forces": metadata["_property_unit_dict"]["forces"],
        }
    assert _message(_schnetpack(tmp_path / "w.db", metadata)) == f"w.db: {message}"


def test_values_beside_ases_columns_have_no_convention(tmp_path: Path) -> None:
    path, frames = tmp_path / "w.db", water(2)
    with connect(path, use_lock_file=False) as database:
        for k in range(2):
            data = {"energy": frames.energies[k], "forces": frames.forces[k]}
            database.write(Atoms(SYMBOLS, frames.positions[k]), data=data)
    assert _message(path).startswith("w.db: nobody states the units")
    np.testing.assert_array_equal(read_frames(path, units=KCAL).frames.forces, frames.forces)


def test_a_row_without_forces_is_named(tmp_path: Path) -> None:
    path = _plain(tmp_path / "w.db", 2)
    assert _message(_plain(path, 1, forces=True)) == "w.db: frame 3: forces missing"


def test_periodic_rows_are_refused(tmp_path: Path) -> None:
    message = _message(_schnetpack(tmp_path / "w.db", STATED, pbc=True))
    assert message.startswith("w.db: frame 1: the frame is periodic")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    path.write_bytes(b"SQLite format 3\x00 and then nothing")
    assert _message(path).startswith("w.db: is not an ASE database: ")
    with pytest.raises(DataError, match="no such file"):
        read_frames(tmp_path / "none.db", format="ase-db")
    with connect(tmp_path / "empty.db", use_lock_file=False) as database:
        number = database.write(Atoms("H"))
        database.delete([number])
    assert _message(tmp_path / "empty.db") == "empty.db: there are no frames"


def test_rows_of_other_shapes_are_named(tmp_path: Path) -> None:
    path = _plain(tmp_path / "w.db", 1)
    with connect(path, use_lock_file=False) as database:
        atoms = Atoms("H2", [[0, 0, 0], [0, 0, 0.7]])
        atoms.calc = SinglePointCalculator(atoms, energy=0.0, forces=np.zeros((2, 3)))
        database.write(atoms)
    assert _message(path) == "w.db: frame 2: the frame has 2 atoms, the first has 3"
    with connect(tmp_path / "v.db", use_lock_file=False) as database:
        database.metadata = STATED
        data = {"Energy": np.zeros(1), "forces": np.zeros(9)}
        database.write(Atoms(SYMBOLS, water(1).positions[0]), data=data)
    expected = "v.db: frame 1: forces have the shape (9,), positions (3, 3)"
    assert _message(tmp_path / "v.db") == expected

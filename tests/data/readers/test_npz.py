from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from springs import KCAL, water

from hpcmlff.data.readers import read_frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Units
from hpcmlff.units import EV_KCAL_MOL


def _sgdml(n: int = 5, **changed: Any) -> dict[str, Any]:
    frames = water(n)
    arrays = {
        "z": frames.species.astype(np.uint8),
        "R": frames.positions,
        "E": frames.energies,
        "F": frames.forces,
    }
    return {name: a for name, a in (arrays | changed).items() if a is not None}


def _save(path: Path, arrays: dict[str, Any]) -> Path:
    np.savez(path, **arrays)
    return path


def _message(path: Path, units: Units | None = KCAL) -> str:
    with pytest.raises(DataError) as raised:
        read_frames(path, units=units)
    return str(raised.value).replace(f"{path.parent}/", "")


def test_reads_rmd17_keys(tmp_path: Path) -> None:
    frames = water(5)
    arrays = {
        "nuclear_charges": frames.species,
        "coords": frames.positions,
        "energies": frames.energies,
        "forces": frames.forces,
        "old_energies": frames.energies + 1,
    }
    found = read_frames(_save(tmp_path / "water.npz", arrays), units=KCAL)
    assert found.format == "npz"
    np.testing.assert_array_equal(found.frames.energies, frames.energies)
    np.testing.assert_array_equal(found.frames.forces, frames.forces)


def test_energies_in_a_column_are_flattened(tmp_path: Path) -> None:
    arrays = _sgdml(E=water(5).energies[:, None])
    assert read_frames(_save(tmp_path / "w.npz", arrays), units=KCAL).frames.energies.shape == (5,)


def test_units_stated_by_the_file_are_converted(tmp_path: Path) -> None:
    frames = water(5)
    arrays = _sgdml(
        type="d",
        e_unit="eV",
        r_unit=b"Ang",
        E=frames.energies / EV_KCAL_MOL,
        F=frames.forces / EV_KCAL_MOL,
    )
    found = read_frames(_save(tmp_path / "w.npz", arrays))
    assert found.unit_origin == "stated by the file"
    assert found.units == Units(energy="eV", length="angstrom")
    np.testing.assert_allclose(found.frames.forces, frames.forces)
    np.testing.assert_allclose(found.frames.energies, frames.energies)


def test_forces_are_energy_over_length(tmp_path: Path) -> None:
    path = _save(tmp_path / "w.npz", _sgdml())
    found = read_frames(path, units=Units(energy="kcal/mol", length="nm"))
    np.testing.assert_allclose(found.frames.positions, 10 * water(5).positions)
    np.testing.assert_allclose(found.frames.forces, water(5).forces / 10)


def test_a_contradiction_about_units_is_an_error(tmp_path: Path) -> None:
    path = _save(tmp_path / "w.npz", _sgdml(e_unit="eV", r_unit="Ang"))
    expected = "w.npz: the file states the energy unit eV, the grid kcal/mol. "
    assert _message(path) == expected + "Leave out 'units' or correct them"


def test_a_file_that_states_one_unit_needs_the_other(tmp_path: Path) -> None:
    path = _save(tmp_path / "w.npz", _sgdml(e_unit="kcal/mol"))
    assert _message(path, None).startswith("w.npz: nobody states the units. ")
    assert read_frames(path, units=KCAL).unit_origin == "stated by the user"


def test_an_unknown_unit_is_an_error(tmp_path: Path) -> None:
    path = _save(tmp_path / "w.npz", _sgdml(e_unit="kcal/mole", r_unit="Ang"))
    expected = "w.npz: unknown energy unit 'kcal/mole'. Did you mean 'kcal/mol'?"
    assert _message(path, None) == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"E": None}, "the key 'E' is missing"),
        ({"E": np.zeros((5, 2))}, "energies have the shape (5, 2), expected one number a frame"),
        ({"E": np.float64(1)}, "energies have the shape (), expected one number a frame"),
        ({"F": np.zeros((5, 9))}, "forces have the shape (5, 9), expected (5, 3, 3)"),
        ({"R": np.zeros((4, 3, 3))}, "positions have the shape (4, 3, 3), expected (5, 3, 3)"),
        ({"z": np.ones((5, 3))}, "species have the shape (5, 3), expected (15,)"),
        ({"z": np.array([8, 1, 0])}, "species are not atomic numbers from 1 to 118"),
        ({"z": np.array([8, 1, 1.5])}, "species are not atomic numbers from 1 to 118"),
        ({"z": np.array(["O", "H", "H"])}, "species are not atomic numbers"),
        ({"E": np.array(["a"] * 5)}, "energies are not numbers (<U1)"),
        ({"type": "t"}, "is not an sGDML dataset (its type is 't', that of a dataset is 'd')"),
    ],
)
def test_wrong_content_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    assert _message(_save(tmp_path / "w.npz", _sgdml(**changed))) == f"w.npz: {message}"


def test_both_styles_of_keys_are_ambiguous(tmp_path: Path) -> None:
    extra = {"nuclear_charges": 0, "coords": 0, "energies": 0, "forces": 0}
    message = _message(_save(tmp_path / "w.npz", _sgdml() | extra))
    assert message == (
        "w.npz: has both z, R, E, F and nuclear_charges, coords, energies, forces. "
        "Keep one set of keys in the file"
    )


def test_neither_style_lists_what_there_is(tmp_path: Path) -> None:
    message = _message(_save(tmp_path / "w.npz", {"b": np.ones(1), "a": np.ones(1)}))
    assert message.endswith("nor nuclear_charges, coords, energies, forces. It has: a, b")


def test_no_frames_are_an_error(tmp_path: Path) -> None:
    arrays = _sgdml(R=np.zeros((0, 3, 3)), E=np.zeros(0), F=np.zeros((0, 3, 3)))
    assert _message(_save(tmp_path / "w.npz", arrays)) == "w.npz: there are no frames"


def test_a_number_that_is_not_finite_is_named(tmp_path: Path) -> None:
    forces = water(5).forces
    forces[3, 0, 0] = np.inf
    message = _message(_save(tmp_path / "w.npz", _sgdml(F=forces)))
    assert message == "w.npz: frame 4: forces: a number is not finite"


def test_python_objects_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, allow_pickle=True, **_sgdml(E=np.array([{}] * 5, dtype=object)))
    expected = "w.npz: E: the array holds Python objects, which are never loaded"
    assert _message(path) == expected


def test_files_that_are_no_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    assert _message(path) == "w.npz: no such file"
    path.write_text("nothing")
    assert _message(path) == "w.npz: is not an npz archive, or is damaged"
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    assert _message(path) == "w.npz: is one array, expected an npz archive"
    with pytest.raises(DataError, match="no such file"):
        read_frames(tmp_path / "none.npz", format="npz", units=KCAL)
    _save(path, _sgdml())
    path.write_bytes(path.read_bytes()[:-100])
    assert _message(path) == "w.npz: is not an npz archive, or is damaged"

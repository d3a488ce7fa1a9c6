from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from springs import water

from hpcmlff.data.dataset import dataset_digest, read_dataset, write_dataset
from hpcmlff.data.fixed import FixedSets
from hpcmlff.data.frames import Frames
from hpcmlff.errors import DataError

FIXED = FixedSets(train=np.arange(4), test=np.array([5, 4]))


def _simple() -> Frames:
    return Frames(
        species=np.array([1, 1], dtype=np.int64),
        positions=np.arange(12.0).reshape(2, 2, 3),
        energies=np.array([-1.0, -2.0]),
        forces=np.zeros((2, 2, 3)),
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path, frames = tmp_path / "water.h5", water(6)
    digest = write_dataset(path, frames, FIXED, {"files": [{"path": "Å.xyz"}]})
    found = read_dataset(path)
    assert found.digest == digest == dataset_digest(frames, FIXED)
    assert found.source == {"files": [{"path": "Å.xyz"}]}
    assert found.fixed.validation is None
    assert found.fixed.test is not None
    assert found.fixed.test.tolist() == [5, 4]
    for name in ("species", "positions", "energies", "forces"):
        np.testing.assert_array_equal(getattr(found.frames, name), getattr(frames, name))
    assert [one.name for one in tmp_path.iterdir()] == ["water.h5"]


def test_the_file_says_its_units(tmp_path: Path) -> None:
    write_dataset(tmp_path / "w.h5", water(2), FixedSets(), {})
    with h5py.File(tmp_path / "w.h5") as file:
        assert file.attrs["energy_unit"] == "kcal/mol"
        assert file.attrs["length_unit"] == "angstrom"
        assert file.attrs["format"] == 1


def test_the_digest_is_pinned() -> None:
    digest = dataset_digest(_simple(), FixedSets(test=np.array([1])))
    assert digest == "950e325625445d4dcd058328fdbfcc24cb69c69de41295870ea8a5177c4b24b6"


def test_the_digest_depends_on_all_that_decides_a_result() -> None:
    frames = _simple()
    variants = [
        (frames, FixedSets()),
        (frames, FixedSets(train=np.array([], dtype=np.int64))),
        (frames, FixedSets(train=np.array([1]))),
        (frames, FixedSets(test=np.array([1]))),
        (replace(frames, species=np.array([1, 2])), FixedSets()),
        (replace(frames, energies=frames.energies[::-1]), FixedSets()),
        (replace(frames, forces=frames.forces + 1e-12), FixedSets()),
        (replace(frames, positions=frames.positions[::-1]), FixedSets()),
    ]
    assert len({dataset_digest(*one) for one in variants}) == len(variants)


def test_the_digest_does_not_depend_on_memory_layout() -> None:
    frames = _simple()
    other = replace(
        frames,
        positions=np.asfortranarray(frames.positions),
        species=frames.species.astype(">i4"),
        energies=frames.energies.astype(">f8"),
    )
    assert dataset_digest(other, FixedSets()) == dataset_digest(frames, FixedSets())


def test_a_changed_number_is_found(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    write_dataset(path, water(3), FixedSets(), {})
    with h5py.File(path, "r+") as file:
        file["energies"][1] += 1.0
    with pytest.raises(DataError) as raised:
        read_dataset(path)
    assert str(raised.value) == (
        f"{path}: the dataset is damaged: its content does not have the digest written in it"
    )
    assert len(read_dataset(path, verify=False).frames) == 3


def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    with pytest.raises(DataError, match=r"w\.h5: no such file$"):
        read_dataset(path)
    write_dataset(path, water(3), FixedSets(), {})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="the dataset is damaged: "):
        read_dataset(path)
    with h5py.File(path, "w") as file:
        file.attrs["format"] = 1
    with pytest.raises(DataError, match="the dataset is damaged: "):
        read_dataset(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    write_dataset(path, water(3), FixedSets(), {})
    with h5py.File(path, "r+") as file:
        file.attrs["format"] = 2
    with pytest.raises(DataError, match=r"the dataset has format 2, this version reads 1$"):
        read_dataset(path)


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none/w\.h5: cannot write: "):
        write_dataset(tmp_path / "none" / "w.h5", water(2), FixedSets(), {})


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    write_dataset(path, water(3), FixedSets(), {})
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_dataset(path, water(4), FixedSets(), {"not": object()})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["w.h5"]

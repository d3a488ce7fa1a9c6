from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from store.made import STEPS, content, damage, make_store, train, weights

from hpcmlff.spec.cells import Cell
from hpcmlff.store.__main__ import main
from hpcmlff.store.store import Store
from hpcmlff.testing.molecules import samples


@pytest.fixture
def made(tmp_path: Path) -> tuple[Store, list[Cell]]:
    store, cells = make_store(tmp_path / "store", seeds=4)
    train(store, cells[0], 50, STEPS)
    train(store, cells[1], 20)
    damage(train(store, cells[2], STEPS)[0])
    return store, cells


def test_one_file_holds_all_that_a_paper_needs(
    made: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = made
    path = tmp_path / "study.h5"
    assert main(["export", str(store.path), "-o", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"not in it: {cells[1].label}: not done\n" in out
    assert f"{path}: 1 of 4 cells, " in out
    with h5py.File(path, "r", locking=False) as file:
        assert (file.attrs["format"], file.attrs["version"]) == ("hpcmlff-export", 1)
        assert json.loads(file["grid"].asstr()[()])["grid"]["name"] == "study"
        assert list(json.loads(file["missing"].asstr()[()]).values()) == [
            "not done",
            "no checkpoint of the cell verifies:",
            "no checkpoint yet",
        ]
        frames = file["data/springs"]
        assert frames["energies"][()].tobytes() == samples(6, seed=0).energies.tobytes()
        assert frames["energies"].attrs["unit"] == "kcal/mol"
        assert frames["fixed/test"][()].tolist() == [0, 1]
        cell = file[f"cells/{cells[0].label}"]
        assert cell["model/weights"][()].tobytes() == weights(cells[0], STEPS).tobytes()
        assert cell["split/train"][()].tolist() == [4, 2, 5]
        assert cell["test/energies_kcal_mol"].attrs["unit"] == "kcal/mol"
        assert json.loads(cell["notes"].asstr()[()]) == content(cells[0], STEPS).notes
        assert cell.attrs["force_rmse_kcal_mol_ang"] == 3.0
        assert file["index"]["cell_id"].tolist() == [cells[0].id.encode()]
        assert json.loads(file["index"].attrs["units"])["train_s"] == "s"


def test_without_models_it_is_smaller(made: tuple[Store, list[Cell]], tmp_path: Path) -> None:
    store, cells = made
    paths = [tmp_path / "all.h5", tmp_path / "small.h5"]
    assert main(["export", str(store.path), "-o", str(paths[0])]) == 0
    assert main(["export", str(store.path), "-o", str(paths[1]), "--no-models", "--json"]) == 0
    assert paths[1].stat().st_size < paths[0].stat().st_size
    with h5py.File(paths[1], "r", locking=False) as file:
        assert sorted(file[f"cells/{cells[0].label}"]) == ["notes", "split", "test"]


def test_nothing_is_overwritten_and_nothing_left_half_done(
    made: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = made
    path = tmp_path / "study.h5"
    path.write_bytes(b"mine")
    assert main(["export", str(store.path), "-o", str(path)]) == 4
    assert capsys.readouterr().err == f"error: {path}: exists already. Name a new file\n"
    assert path.read_bytes() == b"mine"
    store.layout.dataset("springs").write_bytes(b"half")
    assert main(["export", str(store.path), "-o", str(tmp_path / "new.h5")]) == 4
    assert "springs.h5: the HDF5 content cannot be read" in capsys.readouterr().err
    missing = tmp_path / "missing" / "new.h5"
    assert main(["export", str(store.path), "-o", str(missing)]) == 4
    assert f"{missing}: cannot be written: " in capsys.readouterr().err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["store", "study.h5"]


def test_the_exported_table_is_that_of_the_index(
    made: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, _ = made
    assert main(["index", str(store.path)]) == 0
    assert main(["export", str(store.path), "-o", str(tmp_path / "study.h5")]) == 0
    with (
        h5py.File(tmp_path / "study.h5", "r", locking=False) as one,
        h5py.File(store.layout.index, "r", locking=False) as two,
    ):
        table = two["index"][()]
        assert np.array_equal(one["index"][()], table[table["final"]])

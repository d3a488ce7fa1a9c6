from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
from store.made import STEPS, damage, make_store, train

from hpcmlff.errors import StoreError
from hpcmlff.spec.cells import Cell
from hpcmlff.store import index
from hpcmlff.store.__main__ import main
from hpcmlff.store.index import read_table, refresh
from hpcmlff.store.store import Store

Made = tuple[Store, list[Cell]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    store, cells = make_store(tmp_path / "store", seeds=3)
    train(store, cells[0], 50, STEPS)
    train(store, cells[1], 20)
    return store, cells


def test_the_command_builds_it_and_says_what_is_in_it(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = made
    assert main(["index", str(store.path)]) == 0
    path = store.layout.index
    assert capsys.readouterr().out == f"{path}: 2 cells with a checkpoint, 1 done\n"
    assert main(["index", str(store.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"index": str(path), "cells": 2, "final": 1}


def test_only_cells_with_another_newest_name_are_read(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, cells = made
    refresh(store, cells)
    train(store, cells[1], 30)
    train(store, cells[2], 10)
    read: list[str] = []
    restore = index.restore
    monkeypatch.setattr(
        index, "restore", lambda cell: (read.append(cell.path.name), restore(cell))[1]
    )
    assert refresh(store, cells)["step"].tolist() == [STEPS, 30, 10]
    assert read == [store.cell(cell).path.name for cell in cells[1:]]
    refresh(store, cells, anew=True)
    assert len(read) == 5


def test_an_unchanged_table_is_not_written_again(made: Made) -> None:
    store, cells = made
    refresh(store, cells)
    before = store.layout.index.stat().st_ino
    refresh(store, cells)
    assert store.layout.index.stat().st_ino == before


def test_a_claim_without_a_checkpoint_changes_nothing(made: Made) -> None:
    store, cells = made
    before = refresh(store, cells)
    train(store, cells[1])
    assert refresh(store, cells).tobytes() == before.tobytes()


def test_links_lead_to_the_newest_attempt(made: Made) -> None:
    store, cells = made
    train(store, cells[1], 30)
    refresh(store, cells)
    with h5py.File(store.layout.index, "r", locking=False) as file:
        notes = json.loads(file[f"cells/{cells[1].label}/notes"][()].tobytes())
    assert notes["progress"]["step"] == 30


def test_the_table_alone_is_read_and_proves_its_content(made: Made) -> None:
    store, cells = made
    with pytest.raises(StoreError) as caught:
        read_table(store)
    assert str(caught.value) == (
        f"{store.layout.index}: there is no index of this version. "
        f"Build it: python -m hpcmlff.store index {store.path}"
    )
    table = refresh(store, cells)
    assert read_table(store).tobytes() == table.tobytes()
    damage(store.layout.index, store.layout.index.read_bytes().index(cells[1].id.encode()))
    with pytest.raises(StoreError, match="there is no index of this version"):
        read_table(store)
    assert refresh(store, cells).tobytes() == table.tobytes()
    with h5py.File(store.layout.index, "r", locking=False) as file:
        units = json.loads(file["index"].attrs["units"])
    assert units["force_rmse_kcal_mol_ang"] == "kcal/mol/angstrom"


def test_a_damaged_checkpoint_gives_way_to_the_one_before(made: Made) -> None:
    store, cells = made
    damage(store.cell(cells[0]).attempts()[0].generations()[0][1])
    assert refresh(store, cells)["step"].tolist() == [50, 20]
    assert refresh(store, cells)["final"].tolist() == [False, False]


def test_commands_that_refresh_at_once_never_put_an_older_table_back(made: Made) -> None:
    store, cells = made
    command = [sys.executable, "-m", "hpcmlff.store", "index", str(store.path)]
    jobs = []
    for step in range(30, 34):
        train(store, cells[1], step)
        jobs.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    assert [job.wait() for job in jobs] == [0] * 4
    assert read_table(store)["step"].tolist() == [STEPS, 33]

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from store.made import STEPS, assert_holds, damage, make_store, train

from hpcmlff.spec.cells import Cell
from hpcmlff.store.__main__ import main
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.layout import AttemptFolder
from hpcmlff.store.store import Store


def names(store: Store) -> set[str]:
    found = store.path.rglob("*.h5")
    return {str(path.relative_to(store.path)) for path in found if path.parent.name[0] == "a"}


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Store, list[Cell], AttemptFolder]:
    """A cell of three attempts, the checkpoints of all of which are still there."""
    store, cells = make_store(tmp_path / "store")
    folder = store.cell(cells[0])
    for number in (1, 2, 3):
        paths = train(store, cells[0], number * 10, number * 10 + 1)
        for path in paths:
            (store.path / f"{path.parent.name}-{path.name}").write_bytes(path.read_bytes())
        (store.path / f"{paths[0].parent.name}-cell.h5").write_bytes(b"link")
    for path in sorted(store.path.glob("a00*")):
        attempt, name = path.name.split("-")
        if not (target := folder.path / attempt / name).exists():
            path.rename(target)
        path.unlink(missing_ok=True)
    return store, cells, folder.attempt(3)


def test_the_newest_that_verify_are_kept(copies: tuple[Store, list[Cell], AttemptFolder]) -> None:
    store, cells, newest = copies
    assert len(names(store)) == 9
    assert main(["prune", str(store.path)]) == 0
    kept = {str(path.relative_to(store.path)) for _, path in newest.generations()}
    assert names(store) == kept | {str(newest.newest_link.relative_to(store.path))}
    assert [one.number for one in store.cell(cells[0]).attempts()] == [3, 2, 1]


def test_a_damaged_one_does_not_count(copies: tuple[Store, list[Cell], AttemptFolder]) -> None:
    store, cells, newest = copies
    for _, path in newest.generations():
        damage(path)
    assert main(["prune", str(store.path), "--keep", "3"]) == 0
    assert_holds(restore(store.cell(cells[0])), cells[0], 21)
    left = [path.name for one in store.cell(cells[0]).attempts() for _, path in one.generations()]
    assert left == [f"g{number:09d}.h5" for number in (6, 5, 4, 3, 2)]


def test_a_dry_run_removes_nothing_and_says_what_it_would(
    copies: tuple[Store, list[Cell], AttemptFolder], capsys: pytest.CaptureFixture[str]
) -> None:
    store, _, _ = copies
    before = names(store)
    assert main(["prune", str(store.path), "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["removed"]
    assert [one["kind"] for one in found["files"]] == ["checkpoint"] * 4 + ["link"] * 2
    assert names(store) == before
    assert main(["prune", str(store.path), "--dry-run"]) == 0
    assert "would remove 6 files, " in capsys.readouterr().out


def test_finals_only_leaves_a_cell_in_training_alone(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "store")
    train(store, cells[0], 50, STEPS)
    train(store, cells[1], 10, 20)
    assert main(["prune", str(store.path)]) == 0
    assert len(names(store)) == 6
    assert main(["prune", str(store.path), "--finals-only"]) == 0
    assert len(names(store)) == 5
    assert_holds(restore(store.cell(cells[0])), cells[0], STEPS)
    assert len(store.cell(cells[1]).attempts()[0].generations()) == 2


def test_finals_only_keeps_what_serves_a_damaged_result(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "store")
    damage(train(store, cells[0], 50, STEPS)[1])
    assert main(["prune", str(store.path), "--finals-only"]) == 0
    assert_holds(restore(store.cell(cells[0])), cells[0], 50)


def test_blocks_go_once_the_cell_is_done(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "store")
    for cell, step in zip(cells, (STEPS, 20), strict=True):
        train(store, cell, step)
        CellBlocks(store.cell(cell)).put("panel", np.ones(3))
    assert main(["prune", str(store.path)]) == 0
    assert not store.cell(cells[0]).blocks.exists()
    assert CellBlocks(store.cell(cells[1])).has("panel")


def test_files_of_writers_that_died_long_ago_go(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "store")
    train(store, cells[0], 20)
    folder = store.cell(cells[0]).attempts()[0].path
    young, old = folder / ".g000000002.abc.tmp.h5", folder / ".g000000003.abc.tmp.h5"
    young.write_bytes(b"half")
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 90000,) * 2)
    assert main(["prune", str(store.path)]) == 0
    assert young.exists()
    assert not old.exists()

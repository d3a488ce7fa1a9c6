from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from store.made import STEPS, assert_holds, damage, make_store, train

from hpcmlff.spec.cells import Cell
from hpcmlff.store.__main__ import main
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.headers import is_done
from hpcmlff.store.index import refresh
from hpcmlff.store.store import Store
from hpcmlff.store.verifying import verify_store
from hpcmlff.testing.molecules import samples

Made = tuple[Store, list[Cell]]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    store, cells = make_store(tmp_path / "store")
    train(store, cells[0], 50, STEPS)
    train(store, cells[1], 10, 20)
    CellBlocks(store.cell(cells[1])).put("panel", np.ones(3))
    refresh(store, cells)
    return store, cells


def found(store: Store) -> dict[str, tuple[str, str]]:
    rows = [one.row(store.path) for one in verify_store(store).findings]
    return {Path(row["path"]).name: (row["what"], row["serves"]) for row in rows}


def test_a_whole_store_is_all_whole(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    store, _ = made
    assert main(["verify", str(store.path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{store.path}: ")
    assert out.endswith("2 cells: all whole\n")
    verdict = verify_store(store)
    assert verdict.files == 1 + 1 + 2 + 1 + 2 * (1 + 2 + 2) + 1
    assert main(["verify", str(store.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == verdict.as_json(store.path)


def test_of_a_damaged_checkpoint_the_one_that_serves_is_named(made: Made) -> None:
    store, cells = made
    first, second = (path for _, path in store.cell(cells[1]).attempts()[0].generations())
    damage(first)
    folder = second.parent.relative_to(store.path)
    assert found(store) == {first.name: ("the content is damaged", f"{folder}/{second.name}")}
    assert_holds(restore(store.cell(cells[1])), cells[1], 10)


def test_an_older_damaged_checkpoint_is_named_too(made: Made) -> None:
    store, cells = made
    older = store.cell(cells[1]).attempts()[0].generations()[1][1]
    damage(older, place=100)
    assert found(store) == {older.name: ("the header is damaged", "newer ones are whole")}


def test_a_damaged_result_is_set_aside_and_its_cell_is_to_be_trained_on(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = made
    folder = store.cell(cells[0])
    attempt = folder.attempts()[0]
    final = attempt.generations()[0][1]
    damage(final)
    content = final.read_bytes()
    assert is_done(folder)
    what, serves = found(store)[final.name]
    assert what == "the content is damaged"
    assert serves == (
        f"{attempt.generations()[1][1].relative_to(store.path)}, once this is set aside: "
        "python -m hpcmlff.store verify --set-aside, then resume"
    )
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    out = capsys.readouterr().out
    aside = final.with_name(f"{final.name}.damaged")
    assert f"set aside: {aside.relative_to(store.path)}\n" in out
    assert out.endswith(f"next: python -m hpcmlff.resume {store.path}\n")
    assert aside.read_bytes() == content
    assert not is_done(folder)
    assert_holds(restore(folder), cells[0], 50)
    assert main(["verify", str(store.path)]) == 0


def test_the_link_follows_when_its_checkpoint_is_set_aside(made: Made) -> None:
    store, cells = made
    attempt = store.cell(cells[1]).attempts()[0]
    newest, older = (path for _, path in attempt.generations())
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1
    newest.write_bytes(data)
    assert attempt.newest_link.samefile(newest)
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    assert attempt.newest_link.samefile(older)


def test_links_lead_to_the_attempt_that_serves(made: Made) -> None:
    store, cells = made
    (path,) = train(store, cells[1], 30)
    data = bytearray(path.read_bytes())
    path.write_bytes(data[:-1])
    assert str(store.cell(cells[1]).newest.readlink()) == "a000002"
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    assert str(store.cell(cells[1]).newest.readlink()) == "a000001"
    refresh(store, cells)
    with h5py.File(store.layout.index, "r", locking=False) as file:
        notes = json.loads(file[f"cells/{cells[1].label}/notes"][()].tobytes())
    assert notes["progress"]["step"] == 20


def test_a_whole_copy_under_the_link_is_not_thrown_away(made: Made) -> None:
    store, cells = made
    attempt = store.cell(cells[1]).attempts()[0]
    newest = attempt.generations()[0][1]
    content = newest.read_bytes()
    damage(newest)
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    assert attempt.newest_link.read_bytes() == content


def test_the_only_checkpoints_of_a_cell_are_left_where_they_are(made: Made) -> None:
    store, cells = made
    paths = [path for _, path in store.cell(cells[1]).attempts()[0].generations()]
    for path in paths:
        damage(path)
    serves = "nothing: put a copy back, or move the cell's folder away to train it anew"
    assert found(store) == {path.name: ("the content is damaged", serves) for path in paths}
    assert main(["verify", str(store.path), "--set-aside"]) == 4
    assert all(path.exists() for path in paths)


def test_every_kind_of_file_is_looked_at(made: Made) -> None:
    store, cells = made
    attempt = store.cell(cells[1]).attempts()[0]
    damage(attempt.newest_link)
    attempt.start.write_text("{")
    damage(store.cell(cells[1]).blocks / "panel.block")
    energies = samples(6, seed=0).energies.tobytes()
    frames = store.layout.dataset("springs")
    damage(frames, place=frames.read_bytes().index(energies))
    (store.layout.ledger / "000001.json").write_text("[]")
    damage(next(store.layout.grids.glob("cells-*.jsonl")), place=5)
    damage(store.layout.index, place=5000)
    store.cell(cells[0]).description.write_text('{"id": "1"}')
    looked = found(store)
    assert {name: what for name, (what, _) in looked.items() if name != "springs.h5"} == {
        "cell.h5": "the content is damaged",
        "start.json": "is not JSON",
        "panel.block": "the content is damaged",
        "000001.json": "is not a record",
        "r000001.json": "the frozen grid is damaged",
        "store.h5": "there is no index of this version",
        "cell.json": "does not describe a cell",
    }
    assert looked["springs.h5"][1] == (
        "nothing: put a copy back; or move it away and submit the grid again"
    )
    assert looked["panel.block"][1] == "nothing; the cell's next attempt makes it anew"


def test_frames_other_than_those_of_the_grid_are_named(made: Made) -> None:
    store, _ = made
    path = store.layout.dataset("springs")
    path.rename(path.with_name("others.h5"))
    assert found(store)["springs.h5"][0] == "is missing"
    make_store(store.path.parent / "two", frames=7)
    path.write_bytes((store.path.parent / "two/data/springs.h5").read_bytes())
    assert found(store)["springs.h5"][0] == "holds other frames than those of the grid"


def test_a_checkpoint_under_another_ones_name_is_not_used(made: Made) -> None:
    store, cells = made
    newest = store.cell(cells[1]).attempts()[0].generations()[0][1]
    copied = newest.with_name("g000000009.h5")
    copied.write_bytes(newest.read_bytes())
    assert found(store)[copied.name][0] == "the header belongs to a file of another name"
    assert_holds(restore(store.cell(cells[1])), cells[1], 20)


def test_a_checkpoint_of_another_cell_is_named(made: Made) -> None:
    store, cells = made
    own, other = (store.cell(one).attempts()[0].generations()[0][1] for one in cells)
    data = other.read_bytes()
    own.unlink()
    own.write_bytes(data)
    assert found(store)[own.name][0] == "holds another cell's checkpoint"

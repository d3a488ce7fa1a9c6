from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from store.made import STEPS, assert_holds, content, damage, freeze, make_store, train

from hpcmlff.errors import StoreMismatch, Superseded
from hpcmlff.files import read_json
from hpcmlff.spec.cells import Cell
from hpcmlff.store.__main__ import main
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.bringing import merge
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.index import read_table
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.merging import plan_merge
from hpcmlff.store.store import Store, create_store, open_store

Pair = tuple[Store, Store, list[Cell]]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two stores of one grid, before anything is trained."""
    ours, cells = make_store(tmp_path / "ours", seeds=4)
    shutil.copytree(ours.path, tmp_path / "theirs")
    return ours, open_store(tmp_path / "theirs"), cells


def digests(store: Store, cells: list[Cell]) -> list[str]:
    found = [restore(store.cell(cell)) for cell in cells]
    return [one.sha256 if one else "" for one in found]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_further_checkpoint_of_each_cell_wins(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs, cells = pair
    train(ours, cells[0], 10, 20)
    train(theirs, cells[0], 30, writer="there")
    train(ours, cells[1], 90)
    train(theirs, cells[1], 50, STEPS, writer="there")
    train(ours, cells[2], 40)
    train(theirs, cells[2], 30, writer="there")
    train(theirs, cells[3], 5, writer="there")
    untouched = tree(theirs.path)
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert capsys.readouterr().out.endswith("brought in: 3 cells; 1 are as far here, or further\n")
    for cell, step, writer in zip(cells, (30, STEPS, 40, 5), "ttht", strict=True):
        name = "there" if writer == "t" else "here"
        assert_holds(restore(ours.cell(cell)), cell, step, name)
    assert tree(theirs.path) == untouched
    assert read_table(ours)["step"].tolist() == [30, STEPS, 40, 5]
    assert main(["verify", str(ours.path)]) == 0


def test_what_comes_in_is_an_attempt_that_tells_where_it_is_from(pair: Pair) -> None:
    ours, theirs, cells = pair
    train(ours, cells[0], 10, 20)
    (path,) = train(theirs, cells[0], 30, writer="there")
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    attempt = ours.cell(cells[0]).attempts()[0]
    assert (attempt.number, attempt.generations()[0][0]) == (2, 3)
    origin = read_json(attempt.start)["merged_from"]
    assert (origin["checkpoint"], origin["attempt"]) == (str(path), 1)
    assert origin["start"] == {"host": "there", "record": 1}
    end = read_json(attempt.end)
    assert end == {"outcome": "stopped", "reason": f"brought in from {path} at step 30"}


def test_a_running_job_is_superseded_and_what_it_has_done_meanwhile_is_kept(pair: Pair) -> None:
    ours, theirs, cells = pair
    train(ours, cells[0], 10)
    train(theirs, cells[0], 30, writer="there")
    folder = ours.cell(cells[0])
    running = folder.attempts()[0]
    plan = plan_merge(ours, theirs)
    commit(folder, running, 2, content(cells[0], 35), final=False)
    merge(ours, theirs, plan)
    assert_holds(restore(folder), cells[0], 35)
    with pytest.raises(Superseded):
        commit(folder, running, 3, content(cells[0], 36), final=False)


def test_merging_again_does_nothing(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs, cells = pair
    train(theirs, cells[0], 30, writer="there")
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    before = tree(ours.path)
    capsys.readouterr()
    assert main(["merge", str(theirs.path), str(ours.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cells"], found["kept"], found["grid"]) == ([], 1, "same")
    assert tree(ours.path) == before


def test_a_dry_run_writes_nothing(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs, cells = pair
    train(theirs, cells[0], 30, writer="there")
    before = tree(ours.path)
    assert main(["merge", str(theirs.path), str(ours.path), "--dry-run"]) == 0
    assert "would bring in: 1 cells" in capsys.readouterr().out
    assert tree(ours.path) == before | {".lock": b""}


def test_two_results_of_one_cell_end_alike_in_either_order(pair: Pair) -> None:
    ours, theirs, cells = pair
    for cell in cells[:2]:
        train(ours, cell, STEPS)
        train(theirs, cell, STEPS, writer="there")
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert main(["merge", str(ours.path), str(theirs.path)]) == 0
    assert digests(ours, cells) == digests(theirs, cells)


def test_what_a_copy_cut_short_has_damaged_is_skipped_and_named(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs, cells = pair
    older, newest = train(theirs, cells[0], 20, 30, writer="there")
    damage(newest)
    (only,) = train(theirs, cells[1], 20, writer="there")
    damage(only)
    theirs.cell(cells[0]).description.unlink()
    (theirs.layout.dataset("springs")).write_bytes(b"half")
    (theirs.layout.grids / "r000001.json").write_text("{")
    assert main(["merge", str(theirs.path), str(ours.path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(one["path"]).name for one in found["skipped"]] == [
        "springs.h5",
        "r000001.json",
        theirs.cell(cells[1]).path.name,
    ]
    assert_holds(restore(ours.cell(cells[0])), cells[0], 20, "there")
    assert restore(ours.cell(cells[1])) is None
    assert older.exists()


def test_a_whole_copy_rescues_a_cell_that_is_damaged_here(pair: Pair) -> None:
    ours, theirs, cells = pair
    for store in (ours, theirs):
        train(store, cells[0], STEPS)
    damage(ours.cell(cells[0]).attempts()[0].generations()[0][1])
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert_holds(restore(ours.cell(cells[0])), cells[0], STEPS)


def test_blocks_come_along_with_a_cell_in_training(pair: Pair) -> None:
    ours, theirs, cells = pair
    train(theirs, cells[0], 30, writer="there")
    blocks = CellBlocks(theirs.cell(cells[0]))
    for number in range(3):
        blocks.put(f"panel-{number}", np.full(5, float(number)))
    damage(theirs.cell(cells[0]).blocks / "panel-1.block")
    CellBlocks(ours.cell(cells[0])).put("panel-2", np.full(5, 7.0))
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    own = CellBlocks(ours.cell(cells[0]))
    assert own.get("panel-0").tolist() == [0.0] * 5
    assert not own.has("panel-1")
    assert own.get("panel-2").tolist() == [7.0] * 5


def test_stores_that_do_not_belong_together_are_refused_before_anything_is_written(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, _, _ = pair
    other = create_store(tmp_path / "other", "another")
    assert main(["merge", str(other.path), str(ours.path)]) == 4
    assert "belongs to the grid 'another', this one is 'study'" in capsys.readouterr().err
    assert main(["merge", str(ours.path), str(ours.path)]) == 4
    assert "is the same store" in capsys.readouterr().err
    longer, cells = make_store(tmp_path / "longer", frames=9)
    train(longer, cells[0], 10)
    before = tree(ours.path)
    with pytest.raises(StoreMismatch) as caught:
        plan_merge(ours, longer)
    assert str(caught.value) == (
        f"{longer.path}: holds other frames of the molecule 'springs' than {ours.path}. "
        "These are different studies; nothing was merged"
    )
    assert tree(ours.path) == before


def test_a_grid_that_goes_further_is_taken_over_with_its_frames(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs, cells = pair
    freeze(theirs, cells[:3])
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert ours.current_grid().digest == theirs.current_grid().digest
    assert ours.grids.newest() == 2
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert ours.grids.newest() == 2
    capsys.readouterr()
    assert main(["merge", str(ours.path), str(theirs.path)]) == 0
    freeze(ours, cells[:1])
    freeze(theirs, cells[:2])
    capsys.readouterr()
    assert main(["merge", str(theirs.path), str(ours.path)]) == 0
    assert "the other store's grid is another one; this store's stays in force" in (
        capsys.readouterr().out
    )
    assert len(ours.current_grid().cells) == 1


def test_a_store_without_a_grid_takes_all(pair: Pair, tmp_path: Path) -> None:
    _, theirs, cells = pair
    train(theirs, cells[0], STEPS, writer="there")
    fresh = create_store(tmp_path / "fresh", "study")
    assert main(["merge", str(theirs.path), str(fresh.path)]) == 0
    assert fresh.current_grid().cells == tuple(cells)
    assert digests(fresh, cells) == digests(theirs, cells)
    assert main(["verify", str(fresh.path)]) == 0


def test_a_cell_folder_of_another_cell_is_refused(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs, cells = pair
    train(theirs, cells[0], 10)
    wrong = theirs.cell(cells[1]).path
    shutil.copytree(theirs.cell(cells[0]).path, wrong)
    assert main(["merge", str(theirs.path), str(ours.path), "--json"]) == 0
    (skipped,) = json.loads(capsys.readouterr().out)["skipped"]
    label = cells[0].label
    assert skipped == {"path": str(wrong), "what": f"describes another cell, {label!r}"}
    assert restore(ours.cell(cells[1])) is None


def furthest(one: CellFolder, two: CellFolder) -> int:
    steps = [found.content.notes["progress"]["step"] for c in (one, two) if (found := restore(c))]
    return max(steps, default=0)


def test_killed_at_random_instants_nothing_is_lost_and_both_orders_agree(pair: Pair) -> None:
    """A short version of the campaign; seed 11."""
    ours, theirs, cells = pair
    generator = np.random.default_rng(11)
    for _ in range(3):
        for cell in cells:
            for store, writer in ((ours, "here"), (theirs, "there")):
                if generator.random() < 0.7:
                    train(store, cell, int(generator.integers(1, STEPS)), writer=writer)
        wanted = [furthest(ours.cell(cell), theirs.cell(cell)) for cell in cells]
        command = [sys.executable, "-m", "hpcmlff.store", "merge"]
        for one, two in ((theirs, ours), (ours, theirs)):
            with subprocess.Popen([*command, one.path, two.path], stdout=subprocess.DEVNULL) as job:
                time.sleep(generator.uniform(0.3, 0.8))
                job.send_signal(signal.SIGKILL)
        for one, two in ((theirs, ours), (ours, theirs)):
            assert main(["merge", str(one.path), str(two.path)]) == 0
        assert digests(ours, cells) == digests(theirs, cells)
        found = [restore(ours.cell(cell)) for cell in cells]
        steps = [one.content.notes["progress"]["step"] if one else 0 for one in found]
        assert steps == wanted

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from hpcmlff.errors import StoreError, StoreMismatch
from hpcmlff.files import create_once
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.resources import Asked
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.image import Content
from hpcmlff.store.index import refresh
from hpcmlff.store.ledger import Ending, Intent
from hpcmlff.store.store import Store, check_writable, create_store, open_store

CELL = Cell(
    model="mean",
    molecule="springs",
    size=10,
    seed=0,
    settings={"steps": 1},
    dataset="d" * 64,
    split="s" * 64,
    trainer_version=1,
)


def frozen(*cells: Cell) -> FrozenGrid:
    return FrozenGrid(
        revision=0,
        grid={"name": "study", "split": {}},
        molecules={"springs": "d" * 64},
        cells=cells,
        resources=tuple(Asked(cpus=cell.size) for cell in cells),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create_store(tmp_path / "with space" / "store", "study")


def test_a_store_is_made_once_and_opened_again(store: Store) -> None:
    again = create_store(store.path, "study")
    assert again == store == open_store(store.path)
    assert stat.S_IMODE(store.layout.private.stat().st_mode) == 0o700


def test_a_store_of_another_grid_is_refused(store: Store) -> None:
    with pytest.raises(StoreMismatch) as caught:
        create_store(store.path, "other")
    assert str(caught.value) == (
        f"{store.path}: belongs to the grid 'study', this one is 'other'. "
        "Give this grid a store of its own"
    )


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match="the folder is not empty and not a store"):
        create_store(tmp_path, "study")
    with pytest.raises(StoreError, match="is not a store"):
        open_store(tmp_path)


def test_a_store_of_a_newer_format_is_refused(store: Store) -> None:
    store.layout.marker.write_text('{"format": 99, "name": "study"}')
    with pytest.raises(StoreError, match=r"written by a newer hpcmlff \(format 99\)"):
        open_store(store.path)


def test_a_place_that_cannot_be_written_is_refused_before_it_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "store"
    with pytest.raises(StoreError) as caught:
        check_writable(path)
    assert str(caught.value) == f"{path}: is not writable: {tmp_path / 'file'} is not a folder"
    with pytest.raises(StoreError, match="is not writable: Not a directory"):
        create_store(path, "study")
    check_writable(tmp_path / "not" / "yet")
    assert not (tmp_path / "not").exists()


def test_a_grid_is_frozen_once_and_extended_by_a_revision(store: Store) -> None:
    first = store.grids.freeze(frozen(CELL))
    assert first.revision == 1
    assert store.grids.freeze(frozen(CELL)) == first
    more = store.grids.freeze(frozen(CELL, replace(CELL, size=20)))
    assert more.revision == 2
    assert store.current_grid() == more
    assert store.grids.read(1).cells == (CELL,)
    assert more.resources == (Asked(cpus=10), Asked(cpus=20))


def test_a_store_without_a_grid_says_so(store: Store) -> None:
    with pytest.raises(StoreError, match="the store holds no grid yet"):
        store.current_grid()


def test_a_damaged_grid_is_named(store: Store) -> None:
    store.grids.freeze(frozen(CELL))
    (store.layout.grids / "r000001.json").write_text("{")
    with pytest.raises(StoreError, match="r000001.json: the frozen grid is damaged"):
        store.current_grid()


def test_two_commands_do_not_submit_at_once(store: Store) -> None:
    holding, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.exclusive():
            holding.set()
            leave.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(30)
    with (
        pytest.raises(StoreError, match="another command is submitting to this store"),
        store.exclusive(wait_s=0.1),
    ):
        pass
    leave.set()
    other.join()
    with store.exclusive(wait_s=10):
        pass


def test_the_ledger_numbers_records_and_remembers_their_end(store: Store) -> None:
    ledger = store.ledger
    intent = Intent(
        profile={"name": "local"},
        cells=(CELL.id, "another"),
        mark="a",
        revision=1,
        placement={"cells_per_element": 1},
    )
    one = ledger.intend(intent)
    two = ledger.intend(replace(intent, mark="b", after=1))
    assert (one.number, two.number, two.after) == (1, 2, 1)
    assert (one.element(CELL.id), one.element("another")) == (0, 1)
    assert one.job is None
    ledger.confirm(two, {"job_id": "7"})
    assert ledger.read(2).job == {"job_id": "7"}
    ledger.close(one, {1: Ending(words="NODE_FAIL", earlier=("PREEMPTED",), line="lost")})
    assert [record.number for record in ledger.open_records()] == [2]
    assert [record.number for record in ledger.newest_first()] == [2, 1]
    assert ledger.read(1).ended
    assert (ledger.cause(1, 0), ledger.cause(1, 1), ledger.cause(2, 0)) == ("", "NODE_FAIL", "")
    assert ledger.endings(1) == {1: Ending(words="NODE_FAIL", earlier=("PREEMPTED",), line="lost")}
    assert ledger.endings(2) == {}
    assert not ledger.is_cancelled(2)
    ledger.cancel(two)
    assert ledger.is_cancelled(2)
    assert ledger.is_cancelled(2, "any of its cells")


def test_the_ledger_remembers_the_cells_that_a_job_was_asked_to_leave(store: Store) -> None:
    intent = Intent(
        profile={"name": "local"}, cells=("a", "b", "c"), mark="a", revision=1, placement={}
    )
    record = store.ledger.intend(intent)
    assert store.ledger.cancelled_cells(1) == frozenset()
    store.ledger.cancel(record, ["b"])
    store.ledger.cancel(record, ["b"])
    store.ledger.cancel(record, ["c", "b"])
    assert store.ledger.cancelled_cells(1) == {"b", "c"}
    found = [store.ledger.is_cancelled(1, cell) for cell in ("", "a", "b", "c")]
    assert found == [False, False, True, True]
    names = sorted(path.name for path in store.layout.ledger.iterdir())
    assert names == ["000001.cancelled-1.json", "000001.cancelled-2.json", "000001.json"]
    assert store.ledger.open_records() == [record]


def test_what_was_submitted_before_is_written_down_with_its_job(store: Store) -> None:
    intent = Intent(
        profile={"name": "local"},
        cells=(CELL.id,),
        mark="a",
        revision=1,
        placement={"cells_per_element": 1},
        successor_of=1,
    )
    made = store.ledger.adopt(intent, {"job_id": "13"})
    assert (made.number, made.job, made.successor_of) == (1, {"job_id": "13"}, 1)
    assert store.ledger.open_records() == [made]


def test_a_file_is_created_by_one_process_only(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path\n"
        "from hpcmlff.files import create_once\n"
        "print(create_once(Path(sys.argv[1]), [str(os.getpid()).encode()]))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "one")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate()[0].strip() for process in processes]
    assert sorted(answers) == ["False", "False", "False", "True"]
    winner = processes[answers.index("True")].pid
    assert (tmp_path / "one").read_text() == str(winner)
    assert not create_once(tmp_path / "one", [b"late"])
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def commit_result(store: Store, cell: Cell, loss: float, *, final: bool) -> None:
    folder = store.cell(cell)
    share = {"train_s": 1.5, "wall_s": 2.0, "cpu_s": 3.0, "peak_mem_gb": 0.5}
    notes = {
        "progress": {"step": 3, "steps": 4, "loss": loss},
        "history": [share, share],
        "n_train": 10,
        "n_validation": 5,
        "n_test": 7,
        "metrics": {"energy_mae_kcal_mol": 0.25} if final else {},
    }
    newest = folder.attempts()
    attempt = newest[0] if newest else claim(folder)
    sequence = attempt.generations()[0][0] + 1 if attempt.generations() else 1
    commit(folder, attempt, sequence, Content(notes=notes), final=final)


def test_the_index_packs_the_scalars_and_links_the_cells(store: Store) -> None:
    other = replace(CELL, seed=1)
    commit_result(store, CELL, 0.5, final=False)
    commit_result(store, other, 0.1, final=True)
    table = refresh(store, [CELL, other, replace(CELL, seed=2)])
    assert table["cell_id"].tolist() == [CELL.id.encode(), other.id.encode()]
    assert table["final"].tolist() == [False, True]
    assert table["train_s"].tolist() == [3.0, 3.0]
    assert table["n_test"].tolist() == [7, 7]
    assert table["energy_mae_kcal_mol"][1] == 0.25
    with h5py.File(store.layout.index, "r", locking=False) as file:
        assert file["index"]["loss"].tolist() == [0.5, 0.1]
        assert file[f"cells/{other.label}"].attrs["format"] == "hpcmlff-checkpoint"


def test_the_index_takes_over_unchanged_rows_and_notices_new_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_result(store, CELL, 0.5, final=False)
    first = refresh(store, [CELL])
    monkeypatch.setattr("hpcmlff.store.index.restore", lambda _: pytest.fail("read again"))
    assert refresh(store, [CELL]).tobytes() == first.tobytes()
    monkeypatch.undo()
    commit_result(store, CELL, 0.25, final=True)
    assert refresh(store, [CELL])["loss"].tolist() == [0.25]
    store.layout.index.write_bytes(b"damaged")
    assert refresh(store, [CELL])["loss"].tolist() == [0.25]


def test_the_index_leaves_out_a_cell_whose_checkpoints_are_all_bad(store: Store) -> None:
    commit_result(store, CELL, 0.5, final=False)
    path = store.cell(CELL).attempts()[0].generations()[0][1]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    path.write_bytes(data)
    assert refresh(store, [CELL]).shape == (0,)

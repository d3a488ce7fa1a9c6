from __future__ import annotations

import getpass
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from conftest import Put
from store.made import STEPS, make_store, train

from hpcmlff.cancelling import counted, stop, targets
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.store.attempts import record_start
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store, create_store

PLACE = Placement(
    partition="cpu",
    cpus=1,
    gpus=0,
    mem_gb=1.0,
    walltime_s=3600,
    parallel=2,
    cells_per_element=1,
)
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create_store(tmp_path / "store", "study")


def submitted(
    store: Store, *cells: str, taken: bool = True, elements: int = 0, **changes: Any
) -> Record:
    number = len(list(store.ledger.newest_first())) + 1
    facts: dict[str, Any] = {
        "profile": PROFILE.model_dump(mode="json"),
        "mark": f"mark{number}",
        "revision": 1,
        "placement": asdict(PLACE),
    }
    intent = Intent(cells=cells, **facts | changes)
    record = store.ledger.intend(intent)
    if taken:
        job = {
            "job_id": str(60 + number),
            "elements": elements or len(cells),
            "user": getpass.getuser(),
        }
        store.ledger.confirm(record, job)
    return store.ledger.read(number)


SQUEUE = "echo '61|0|RUNNING'; echo '61|1|PENDING'; echo '62|N/A|PENDING'"


def test_cancelled_jobs_know_it_before_slurm_tells_them(store: Store, put: Put) -> None:
    submitted(store, "a", "b")
    submitted(store, "c")
    put("squeue", SQUEUE)
    written = shlex.quote(str(store.layout.ledger))
    log = put("scancel", f"ls {written} | grep -c cancelled >{written}/seen")
    found = targets(store, None)
    assert counted(found) == {"running": 1, "queued": 2}
    assert stop(store, found, None) == ["61", "62"]
    assert log.read_text() == "61 62\n"
    assert (store.layout.ledger / "seen").read_text() == "2\n"
    assert store.ledger.is_cancelled(1)


def test_some_cells_are_cancelled_by_their_elements_and_the_others_go_on(
    store: Store, put: Put
) -> None:
    submitted(store, "a", "b", "c", "d", "e")
    submitted(store, "f")
    rows = ["61|0|RUNNING", "61|1|PENDING", "61|2|PENDING", "61|4|PENDING", "62|N/A|PENDING"]
    put("squeue", "; ".join(f"echo '{row}'" for row in rows))
    log = put("scancel", "true")
    wanted = {"a", "b", "d", "e", "f"}
    found = targets(store, wanted)
    # The job's element of d has ended.
    assert [one.cells for one in found] == [("a", "b", "e"), ("f",)]
    assert stop(store, found, wanted) == ["61", "62"]
    assert log.read_text() == "61_[0-1,4] 62\n"
    assert store.ledger.cancelled_cells(1) == {"a", "b", "e"}
    assert not store.ledger.is_cancelled(1)
    assert store.ledger.is_cancelled(2)


def test_nothing_is_told_where_no_job_has_the_cells(store: Store, put: Put) -> None:
    submitted(store, "a", "b")
    put("squeue", SQUEUE)
    log = put("scancel", "true")
    assert targets(store, {"z"}) == []
    assert stop(store, [], {"z"}) == []
    assert not log.exists()


def test_each_link_of_a_chain_leaves_the_cell_which_is_counted_once(store: Store, put: Put) -> None:
    submitted(store, "a", "b")
    submitted(store, "a", "b", after=1)
    put("squeue", 'for i in 0 1; do echo "61|$i|RUNNING"; echo "62|$i|PENDING"; done')
    log = put("scancel", "true")
    found = targets(store, {"b"})
    assert counted(found) == {"running": 1}
    assert stop(store, found, {"b"}) == ["61", "62"]
    assert log.read_text() == "61_[1] 62_[1]\n"


def test_a_submission_that_slurm_has_not_answered_yet_hears_of_it(store: Store, put: Put) -> None:
    submitted(store, "a", "b", taken=False)
    submitted(store, "c", taken=False)
    put("squeue", "true")
    assert stop(store, targets(store, {"b"}), {"b"}) == []
    assert [store.ledger.is_cancelled(1, cell) for cell in "ab"] == [False, True]
    assert not store.ledger.is_cancelled(2, "c")
    assert stop(store, targets(store, None), None) == []
    assert store.ledger.is_cancelled(2)


@pytest.mark.parametrize(("wanted", "told"), [({"b"}, ["61"]), ({"a"}, ["61", "62"])])
def test_a_successor_submitted_meanwhile_is_stopped_with_its_job(
    store: Store, put: Put, wanted: set[str], told: list[str]
) -> None:
    submitted(store, "a", "b")
    put("squeue", 'for i in 0 1; do echo "61|$i|RUNNING"; done')
    put("scancel", "true")
    found = targets(store, wanted)
    submitted(store, "a", successor_of=1)
    assert stop(store, found, wanted) == told
    assert store.ledger.is_cancelled(2) == (len(told) == 2)


def test_what_cannot_be_asked_about_is_cancelled_all_the_same(store: Store, put: Put) -> None:
    submitted(store, "a", "b")
    put("squeue", "exit 1")
    log = put("scancel", "true")
    found = targets(store, {"a"})
    assert counted(found) == {"unknown": 1}
    stop(store, found, {"a"})
    assert log.read_text() == "61_[0]\n"


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Store, list[Cell]]:
    """A store with a job of two elements, each of two cells; the first of them has ended."""
    store, cells = make_store(tmp_path / "pairs", seeds=4)
    placement = asdict(PLACE.for_cells(2))
    submitted(store, *(cell.id for cell in cells), elements=2, placement=placement)
    for cell in cells:
        train(store, cell, STEPS if cell is cells[0] else 10)
        (store.cell(cell).attempt(1).end).unlink()
        record_start(store.cell(cell).attempt(1), {"record": 2, "process": None})
    return store, cells


PAIRS = "echo '62|0|RUNNING'; echo '62|1|RUNNING'"


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        # All that is left of an element, one of two cells, both, all of the job.
        ([1], "62_[0]"),
        ([2], ""),
        ([1, 2], "62_[0]"),
        ([2, 3], "62_[1]"),
        ([1, 2, 3], "62"),
    ],
)
def test_cells_that_share_an_element_leave_it_by_themselves_until_none_is_left(
    pairs: tuple[Store, list[Cell]], put: Put, wanted: list[int], told: str
) -> None:
    store, cells = pairs
    put("squeue", PAIRS)
    log = put("scancel", "true")
    ids = {cells[number].id for number in wanted}
    found = targets(store, ids)
    assert counted(found) == {"running": len(wanted)}
    assert stop(store, found, ids) == ["62"]
    assert (log.read_text().strip() if log.exists() else "") == told
    assert store.ledger.cancelled_cells(2) == ids
    assert not store.ledger.is_cancelled(2)
    left = targets(store, None)[0].cells
    assert set(left) == {cell.id for cell in cells[1:]} - ids


def test_a_successor_keeps_the_cells_that_are_not_meant(
    pairs: tuple[Store, list[Cell]], put: Put
) -> None:
    store, cells = pairs
    put("squeue", PAIRS)
    log = put("scancel", "true")
    found = targets(store, {cells[2].id})
    both = (cells[2].id, cells[3].id)
    submitted(store, *both, elements=1, placement=asdict(PLACE.for_cells(2)), successor_of=2)
    assert stop(store, found, {cells[2].id}) == ["62", "63"]
    assert not log.exists()
    assert store.ledger.cancelled_cells(3) == {cells[2].id}

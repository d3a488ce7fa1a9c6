from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.made import PLACE, make_store

from hpcmlff.endings import Tried, history_of
from hpcmlff.reconcile import Standing
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.spec.states import CellState
from hpcmlff.store.attempts import claim, record_end, record_start, report_progress
from hpcmlff.store.ledger import Ending, Intent, Record
from hpcmlff.store.store import Store

Made = tuple[Store, Cell]

PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=4, mem_gb=8.0, walltime="1h"),),
).model_dump(mode="json")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    store, cells = make_store(tmp_path / "store")
    return store, cells[1]


def attempt(made: Made, end: dict[str, Any] | None = None, **start: Any) -> None:
    store, cell = made
    own = claim(store.cell(cell))
    record_start(own, {"record": 1, **start})
    if end is not None:
        record_end(own, end)


def newest(made: Made, state: CellState = CellState.STOPPED) -> Tried:
    store, cell = made
    return history_of(store, Standing(cell=cell, state=state)).tries[0]


def told(made: Made, state: CellState = CellState.STOPPED) -> tuple[str, str, str]:
    found = newest(made, state)
    return found.outcome, found.diagnosis.cause if found.diagnosis else "", found.why


def submitted(made: Made, **given: Any) -> Record:
    store, cell = made
    intent = Intent(
        profile=PROFILE,
        cells=("another", cell.id),
        mark="b",
        revision=1,
        placement={**PLACE, "cells_per_element": 1},
        **given,
    )
    record = store.ledger.intend(intent)
    store.ledger.confirm(record, {"job_id": "63", "elements": 2})
    return store.ledger.read(record.number)


def test_an_attempt_says_itself_how_it_ended(made: Made) -> None:
    attempt(made, {"outcome": "stopped", "reason": "SIGTERM", "step": 7})
    assert told(made) == ("stopped", "cancelled", "SIGTERM")
    message = "the job has 0.1 GiB"
    attempt(made, {"outcome": "failed", "kind": "TooLittleMemory", "message": message})
    assert told(made, CellState.FAILED) == ("failed", "out of memory", message)
    attempt(made, {"outcome": "done"})
    assert told(made, CellState.DONE) == ("done", "finished", "")
    store, cell = made
    found = history_of(store, Standing(cell=cell, state=CellState.DONE)).tries
    assert [(one.folder.number, one.outcome) for one in found] == [
        (3, "done"), (2, "failed"), (1, "stopped"),
    ]  # fmt: skip


def test_of_one_that_was_killed_the_scheduler_may_know_why(made: Made) -> None:
    store, _ = made
    attempt(made)
    assert told(made) == ("killed", "unknown", "")
    record = submitted(made)
    attempt(made, record=2)
    assert told(made) == ("killed", "unknown", "")
    store.ledger.close(record, {0: Ending(words="TIMEOUT"), 1: Ending(words="NODE_FAIL")})
    assert told(made) == ("killed", "node lost", "NODE_FAIL")


def test_a_job_that_ended_before_it_began_the_cell_is_part_of_its_history(made: Made) -> None:
    store, cell = made
    attempt(made)
    standing = Standing(cell=cell, state=CellState.STOPPED)
    assert history_of(store, standing).lost is None
    line = "ModuleNotFoundError: No module named 'hpcmlff'"
    store.ledger.close(submitted(made), {1: Ending(words="FAILED 1:0", line=line)})
    found = history_of(store, standing)
    assert found.lost is not None
    assert (found.lost.cause, found.lost.attempt) == ("environment broken", 0)
    assert found.newest is found.lost
    assert [one.folder.number for one in found.tries] == [1]


def test_only_the_newest_one_can_run(made: Made) -> None:
    attempt(made)
    attempt(made)
    store, cell = made
    found = history_of(store, Standing(cell=cell, state=CellState.RUNNING))
    assert [one.outcome for one in found.tries] == ["running", "killed"]
    assert found.newest is None


def test_one_that_was_killed_before_it_could_write_anything(made: Made) -> None:
    store, cell = made
    claim(store.cell(cell))
    found = newest(made)
    assert (found.outcome, found.papers.record) == ("killed", 0)
    assert (found.began_at, found.seen_at) == (None, None)


def test_when_it_began_and_was_last_heard_of(made: Made) -> None:
    attempt(made, started="2026-03-01T12:00:00+00:00")
    store, cell = made
    report_progress(store.cell(cell).attempt(1), {"step": 1})
    found = newest(made)
    assert found.began_at == 1772366400.0
    assert found.seen_at == store.cell(cell).attempt(1).progress.stat().st_mtime
    attempt(made, started="long ago")
    assert newest(made).began_at == store.cell(cell).attempt(2).start.stat().st_mtime


def test_one_that_a_merge_has_brought_in(made: Made) -> None:
    reason = "brought in from /other at step 30"
    attempt(made, {"outcome": "stopped", "reason": reason}, merged_from={"checkpoint": "/other"})
    assert told(made) == ("brought in", "unknown", reason)

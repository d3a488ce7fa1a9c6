from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.made import make_store

from hpcmlff.endings import Tried, attempts_of
from hpcmlff.reconcile import Standing
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.states import CellState
from hpcmlff.store.attempts import claim, record_end, record_start, report_progress
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store

Made = tuple[Store, Cell]


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
    return attempts_of(store, Standing(cell=cell, state=state))[0]


def told(made: Made, state: CellState = CellState.STOPPED) -> tuple[str, str]:
    found = newest(made, state)
    return found.outcome, found.why


def test_an_attempt_says_itself_how_it_ended(made: Made) -> None:
    attempt(made, {"outcome": "stopped", "reason": "SIGTERM", "step": 7})
    assert told(made) == ("stopped", "SIGTERM")
    attempt(made, {"outcome": "failed", "message": "too little memory"})
    assert told(made, CellState.FAILED) == ("failed", "too little memory")
    attempt(made, {"outcome": "done"})
    assert told(made, CellState.DONE) == ("done", "")
    store, cell = made
    found = attempts_of(store, Standing(cell=cell, state=CellState.DONE))
    assert [(one.folder.number, one.outcome) for one in found] == [
        (3, "done"), (2, "failed"), (1, "stopped"),
    ]  # fmt: skip


def test_of_one_that_was_killed_the_scheduler_may_know_why(made: Made) -> None:
    store, cell = made
    attempt(made)
    assert told(made) == ("killed", "")
    cells = ("another", cell.id)
    placement = {"cells_per_element": 1}
    intent = Intent(profile={}, cells=cells, mark="b", revision=1, placement=placement)
    record = store.ledger.intend(intent)
    attempt(made, record=2)
    assert told(made) == ("killed", "")
    store.ledger.close(record, {0: "TIMEOUT", 1: "NODE_FAIL"})
    assert told(made) == ("killed", "NODE_FAIL")


def test_only_the_newest_one_can_run(made: Made) -> None:
    attempt(made)
    attempt(made)
    store, cell = made
    found = attempts_of(store, Standing(cell=cell, state=CellState.RUNNING))
    assert [one.outcome for one in found] == ["running", "killed"]


def test_one_that_was_killed_before_it_could_write_anything(made: Made) -> None:
    store, cell = made
    claim(store.cell(cell))
    found = newest(made)
    assert (found.outcome, found.record, found.began_at, found.seen_at) == ("killed", 0, None, None)


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
    assert told(made) == ("brought in", reason)

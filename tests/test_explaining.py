"""What is printed of why cells have failed or stopped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from store.made import make_store
from views.standings import assert_plain

from hpcmlff import status
from hpcmlff.spec.cells import Cell
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.store import Store

WORDS = "the training diverges: the validation loss is not a number of sense at step 250"


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def end(store: Store, cell: Cell, **facts: Any) -> None:
    attempt = claim(store.cell(cell))
    record_start(attempt, {"record": 1})
    record_end(attempt, facts)


def diverged(store: Store, cell: Cell) -> None:
    facts = {"cause": "diverged", "kind": "Diverged", "message": WORDS}
    end(store, cell, outcome="failed", **facts)


def told(store: Store, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert status.main([str(store.path), "--failed", *words]) == 0
    return capsys.readouterr().out


def test_cells_are_grouped_by_state_and_cause_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = make_store(tmp_path / "s", seeds=15)
    for cell in cells[:12]:
        diverged(store, cell)
    end(store, cells[12], outcome="stopped", reason="SIGTERM", wall_s=65.0)
    end(store, cells[12], outcome="stopped", reason="the job's walltime is ending", wall_s=65.0)
    text = told(store, capsys)
    lines = text.splitlines()
    assert lines[0] == f"{store.path}: 15 cells: 2 pending, 1 stopped, 12 failed"
    assert lines[1:6] == [
        "diverged: 12 failed",
        f"  {cells[0].label}, attempt 1",
        "    Diverged: the training diverges: the validation loss is not a number of",
        "        sense at step 250",
        "    no checkpoint",
    ]
    assert "  and 2 more, which --json lists" in lines
    assert lines[-10:] == [
        "      Then `retry` tries it again",
        "",
        "walltime: 1 stopped",
        f"  {cells[12].label}, attempt 2",
        "    stopped: the job's walltime is ending after 1 min 05 s of 1 h 00 min",
        "    no checkpoint",
        "    attempts before: 1 preempted",
        "  > The next job begins anew; `resume` submits it where there is none",
        "",
        f"next: python -m hpcmlff.resume {store.path}",
    ]
    assert_plain("\n".join(lines[1:-1]))


def test_only_the_cells_that_are_named_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = make_store(tmp_path / "s", seeds=3)
    for cell in cells[:2]:
        diverged(store, cell)
    text = told(store, capsys, "seed=1")
    assert text.splitlines()[0] == f"{store.path}: 1 of 3 cells: 1 failed"
    assert cells[0].label not in text
    assert text.endswith(f"next: python -m hpcmlff.retry {store.path} state=failed\n")
    assert "no cell has failed or stopped" in told(store, capsys, "seed=2")


def test_scripts_are_told_of_every_attempt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = make_store(tmp_path / "s")
    end(store, cells[0], outcome="stopped", reason="SIGINT")
    diverged(store, cells[0])
    [cell] = json.loads(told(store, capsys, "--json"))["cells"]
    assert (cell["label"], cell["state"], cell["reason"]) == (cells[0].label, "failed", WORDS)
    assert [(one["attempt"], one["cause"]) for one in cell["diagnoses"]] == [
        (2, "diverged"),
        (1, "cancelled"),
    ]

"""What is told of one cell, whatever has become of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store.made import PLACE, STEPS, content, damage, make_store, train

from hpcmlff import logs, show
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.profile import LocalProfile
from hpcmlff.store.attempts import claim, record_end, record_start, report_progress
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store

NAME = "mean/springs/n3/s0"
WORDS = "the kernel matrix is not positive definite with sigma 10"
ADVICE = (
    "Raise lam or lower sigma in the grid, which makes a new cell, or remove frames that are "
    "there twice. Then `retry` tries it again"
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("COLUMNS", "80")
    return make_store(tmp_path / "store")[0]


@pytest.fixture
def cell(store: Store) -> Cell:
    return store.current_grid().cells[0]


Run = Callable[..., str]


@pytest.fixture
def run(store: Store, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that gives a command on the store and returns its stdout."""

    def give(command: Callable[[list[str]], int], *words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert command([str(store.path), *words]) == code
        told = capsys.readouterr()
        return told.err if code else told.out

    return give


def shown(run: Run, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(show.main, NAME, "--json", *words))
    return told


def fail(store: Store, cell: Cell) -> None:
    attempt = claim(store.cell(cell))
    start = {"started": "2026-03-01T12:00:00+00:00", "host": "cn7", "python": "3.11.7"}
    record_start(attempt, {"record": 1, **start, "packages": {"numpy": "2.1"}, "threads": 2})
    end = {"outcome": "failed", "kind": "NotPositiveDefinite", "message": WORDS, "exit_code": 6}
    record_end(attempt, end)


def finish(store: Store, cell: Cell, curve: list[tuple[int, float]]) -> None:
    folder = store.cell(cell)
    attempt = claim(folder)
    record_start(attempt, {"record": 1})
    made = content(cell, STEPS)
    steps, losses = (np.array(column) for column in zip(*curve, strict=True))
    plain = {**made.plain, "curve/step": steps, "curve/loss": losses}
    commit(folder, attempt, 3, replace(made, plain=plain), final=True)
    record_end(attempt, {"outcome": "done"})


def test_a_cell_that_has_not_begun(run: Run, store: Store, cell: Cell) -> None:
    lines = run(show.main, NAME).splitlines()
    assert lines[0] == f"{cell.label}: pending"
    assert f"folder:      {store.cell(cell).path}" in lines
    assert lines[-1] == f"next: python -m hpcmlff.resume {store.path}"
    facts = shown(run)
    assert (facts["tries"], facts["losses"], facts["checkpoint"]) == ([], [], None)
    assert facts["jobs"][0]["job_id"] is None


def test_a_cell_with_a_history(run: Run, store: Store, cell: Cell) -> None:
    train(store, cell, 10, 20)
    fail(store, cell)
    finish(store, cell, [(5, 1.0), (10, 0.5), (20, 0.25), (STEPS, 0.01)])
    text = run(show.main, NAME)
    assert text.splitlines()[0] == f"{cell.label}: done"
    assert f"result 3 at step {STEPS}" in text
    table = text[text.index("attempt  began") : text.index("job  ")]
    rows = [line.split() for line in table.splitlines() if line[:1].isdigit()]
    assert [row[0] for row in rows] == ["3", "2", "1"]
    joined = " ".join(table.split())
    assert "2026-03-01 12:00" in joined
    assert "failed (not positive definite): the kernel" in joined
    assert "positive definite with sigma 10" in joined
    assert "validation loss: lowest 0.01 at step 100, newest 0.01" in text
    assert "   1 |*" in text
    assert "energy MAE" in text
    assert "settings: steps=100" in text
    assert text.splitlines()[-1] == f"next: python -m hpcmlff.logs {store.path} {cell.short_id}"
    kept = [line for line in text.splitlines() if str(store.path) not in line]
    assert max(map(len, kept)) <= 80
    assert "\x1b" not in text
    facts = shown(run)
    assert facts["losses"] == [[5, 1.0], [10, 0.5], [20, 0.25], [STEPS, 0.01]]
    assert [one["outcome"] for one in facts["tries"]] == ["done", "failed", "stopped"]
    assert facts["tries"][1] | {"took_s": 0} == {
        "attempt": 2,
        "cause": "not positive definite",
        "rule": "stop",
        "mem_gb": None,
        "evidence": [
            f"NotPositiveDefinite: {WORDS}",
            "the scheduler has run the same job again",
            "no checkpoint",
        ],
        "advice": ADVICE,
        "outcome": "failed",
        "why": WORDS,
        "began": "2026-03-01T12:00:00+00:00",
        "took_s": 0,
        "host": "cn7",
        "record": 1,
        "kind": "NotPositiveDefinite",
        "exit_code": 6,
        "from_step": None,
        "to_step": None,
        "train_s": None,
        "cpu_s": None,
        "peak_mem_gb": None,
        "merged_from": None,
        "folder": str(store.cell(cell).attempt(2).path),
    }
    assert facts["metrics"]["energy_mae_kcal_mol"] == 0.0


def test_a_failed_cell_tells_what_it_was_trained_with_and_how_to_try_again(
    run: Run, store: Store, cell: Cell
) -> None:
    fail(store, cell)
    text = run(show.main, cell.id[:9])
    assert text.startswith(f"{cell.label}: failed: the kernel matrix")
    assert "trained with: python 3.11.7, numpy 2.1\non: cn7, threads 2" in text
    why = text[text.index("why attempt 1 ended: not positive definite") :].split("\n\n")[0]
    assert " ".join(why.split()).endswith(f"no checkpoint > {ADVICE}")
    assert text.endswith(f"next: python -m hpcmlff.retry {store.path} {cell.short_id}\n")


def test_the_curve_ends_with_what_was_reported_since_the_checkpoint(
    run: Run, store: Store, cell: Cell
) -> None:
    train(store, cell, 10)
    report = {"step": 15, "steps": STEPS, "loss": 0.5, "phase": "training", "time_left_s": None}
    report_progress(store.cell(cell).attempt(1), report)
    assert shown(run)["losses"] == [[15, 0.5]]
    assert "validation loss: lowest 0.5 at step 15, newest 0.5" in run(show.main, NAME)


def test_a_cell_whose_checkpoints_are_damaged_is_shown_all_the_same(
    run: Run, store: Store, cell: Cell
) -> None:
    for path in train(store, cell, 10, 20):
        damage(path)
    text = run(show.main, NAME)
    assert "no checkpoint of the cell verifies:" in text
    assert "no checkpoint of the cell verifies" in shown(run)["checkpoint"]["damage"]


def test_logs_of_the_newest_an_earlier_and_all_attempts(
    run: Run, store: Store, cell: Cell, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        train(store, cell, 10 * number)
        lines = "".join(f"{number}: line {line}\n" for line in range(150))
        store.cell(cell).attempt(number).log.write_text(lines)
    assert run(logs.main, NAME).splitlines() == [f"2: line {line}" for line in range(50, 150)]
    assert run(logs.main, NAME, "-n", "2") == "2: line 148\n2: line 149\n"
    assert run(logs.main, NAME, "--attempt", "1", "-n", "0").count("\n") == 150
    assert run(logs.main, NAME, "--all", "-n", "1") == "1: line 149\n2: line 149\n"
    told = json.loads(run(logs.main, NAME, "--all", "-n", "1", "--json"))
    path = str(store.cell(cell).attempt(1).log)
    assert told["files"][0] == {"file": path, "lines": ["1: line 149"]}
    text = run(logs.main, NAME, "--attempt", "7", code=4)
    assert text == f"error: {cell.label}: has no attempt 7. There are 1, 2\n"
    assert run(logs.main, NAME, "-f", "--all", code=2).endswith("it goes with --lines only\n")
    assert "fit 'mean'" in run(logs.main, "mean", code=4)


def test_a_cell_that_has_not_begun_has_what_its_job_has_printed(
    run: Run, store: Store, cell: Cell
) -> None:
    assert run(logs.main, NAME) == ""
    intent = Intent(
        profile=LocalProfile(name="x", scheduler="local").model_dump(mode="json"),
        cells=("another", cell.id),
        mark="mark2",
        revision=1,
        placement={**PLACE, "cells_per_element": 1},
    )
    record = store.ledger.intend(intent)
    store.ledger.confirm(record, {"job_id": "63", "elements": 2})
    store.ledger.close(record)
    folder = store.layout.private / "mark2"
    folder.mkdir()
    (folder / "63_1_0_log.out").write_text("module: command not found\n")
    (folder / "63_0_0_log.out").write_text("another's\n")
    assert run(logs.main, NAME) == "module: command not found\n"
    assert f"job output:  {folder / '63_1_0_log.out'}" in run(show.main, NAME)
    train(store, cell, 10)
    assert run(logs.main, NAME) == "trained\n"
    assert run(logs.main, NAME, "--job") == "module: command not found\n"


def test_a_log_is_followed_while_it_grows(store: Store, cell: Cell) -> None:
    attempt = claim(store.cell(cell))
    attempt.log.write_text("".join(f"line {number}\n" for number in range(300)))
    command = [sys.executable, "-m", "hpcmlff.logs", str(store.path), NAME, "-f", "-n", "1"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "line 299\n"
    with attempt.log.open("a") as file:
        file.write("one more\n")
    assert process.stdout.readline() == "one more\n"
    time.sleep(0.1)
    train(store, cell, STEPS)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, "trained\n")
    last = f"next: python -m hpcmlff.show {store.path} {cell.short_id}\n"
    assert err.endswith(f"attempt 2: {store.cell(cell).attempt(2).log}\nthe cell is done\n{last}")

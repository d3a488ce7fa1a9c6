"""The commands for login nodes on a store of ten thousand cells in all states."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from store.many import LOSS, Many, make_many

from hpcmlff import cancel, logs, retry, show, status
from hpcmlff.spec.states import CellState

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Many:
    return make_many(tmp_path_factory.mktemp("many") / "store")


@pytest.fixture
def many(made: Many, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Many:
    """The store, with a Slurm that knows its jobs, and a terminal of 80 columns."""
    made.put_slurm(tmp_path / "bin")
    (tmp_path / "bin" / "scancel").write_text('#!/bin/sh\necho "$@" >>"$(dirname "$0")/told"\n')
    (tmp_path / "bin" / "scancel").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "80")
    made.store.layout.polled.unlink(missing_ok=True)
    return made


Run = Callable[..., str]


@pytest.fixture
def run(many: Many, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that gives a command on the store and returns what it prints."""

    def give(command: Callable[[list[str]], int], *words: str) -> str:
        capsys.readouterr()
        assert command([str(many.store.path), *words]) == 0
        told = capsys.readouterr()
        return told.out + told.err

    return give


def test_status_shows_all_on_one_page_and_asks_once(many: Many, run: Run, tmp_path: Path) -> None:
    text = run(status.main)
    lines = text.splitlines()
    assert lines[0] == (
        f"{many.store.path}: 10000 cells: 1000 pending, 1000 queued, 1000 running, 1000 stopped, "
        "1000 failed, 5000 done"
    )
    assert [line.split() for line in lines[1:6] if "─" not in line] == [
        ["model", "done", "running", "queued", "pending", "stopped", "failed", "all"],
        ["schnet", "2,500", "500", "500", "500", "500", "500", "5,000"],
        ["sgdml", "1,250", "250", "250", "250", "250", "250", "2,500"],
        ["mean", "1,250", "250", "250", "250", "250", "250", "2,500"],
    ]
    assert "schnet/azobenzene cutoff=5  125/250 25X 25=" in text
    assert "and 985 more; --all lists every cell" in text
    assert "1,000 cells failed (diverged): the validation loss of SchNet is not" in text
    assert lines[-1] == f"next: python -m hpcmlff.resume {many.store.path}"
    assert max(map(len, lines[1:-1])) <= 80
    assert len(lines) < 70
    assert "\x1b" not in text
    assert len((tmp_path / "bin" / "calls").read_text().splitlines()) == 1


def test_status_of_some_cells(many: Many, run: Run) -> None:
    text = run(status.main, "schnet/glycine/n200", "cutoff=4", "seed<10")
    assert f"{many.store.path}: 10 of 10000 cells: " in text
    assert "schnet/glycine   #####X=>o." in text
    text = run(status.main, "sgdml", "state=failed", "--all")
    failed = [cell.label for cell in many.of(CellState.FAILED) if cell.model == "sgdml"]
    assert [line.split()[0] for line in text.splitlines() if "  failed " in line] == failed
    told = json.loads(run(status.main, "mean/*/n200", "state=running", "--json"))
    assert (told["states"]["running"], len(told["cells"])) == (50, 50)
    assert told["models"]["mean"]["running"] == 50
    assert told["cells"][0]["progress"]["loss"] == LOSS
    assert told["cells"][0]["checkpoint_age_s"] >= 0
    assert told["cells"][0]["report_age_s"] >= 0


def test_status_as_json_tells_of_every_cell(many: Many, run: Run) -> None:
    told = json.loads(run(status.main, "--json"))
    assert {one["cell_id"]: one["state"] for one in told["cells"]} == many.states
    assert told["states"] == {
        "pending": 1000,
        "queued": 1000,
        "running": 1000,
        "stopped": 1000,
        "failed": 1000,
        "done": 5000,
        "elsewhere": 0,
    }


def test_one_of_them_is_shown_and_its_log_read(many: Many, run: Run) -> None:
    cell = many.of(CellState.RUNNING)[7]
    text = run(show.main, cell.short_id)
    assert f"{cell.label}: running" in text
    assert "training, step 250 of 1,000, loss 0.125, 12 min 30 s left" in text
    assert f"folder:      {many.store.cell(cell).path}" in text
    assert run(logs.main, cell.id[:10]).startswith("training from step 0\nstep 250\n")


def test_some_cells_are_cancelled_by_one_call(many: Many, run: Run, tmp_path: Path) -> None:
    text = run(cancel.main, "sgdml/glycine/n200", "seed<20")
    assert text.startswith("asked 4 cells (2 running, 2 queued) in 1 job to stop")
    [told] = (tmp_path / "bin" / "told").read_text().splitlines()
    number, _, elements = told.partition("_")
    record = many.store.ledger.read(int(number))
    first, second = (range(int(p.split("-")[0]), int(p.split("-")[1]) + 1)
                     for p in elements.strip("[]").split(","))  # fmt: skip
    stopped = [record.cells[element] for element in (*first, *second)]
    states = (CellState.RUNNING, CellState.QUEUED) * 2
    assert [many.states[cell] for cell in stopped] == list(states)


def test_only_what_failed_is_tried_again(many: Many, run: Run) -> None:
    text = run(retry.main, "mean/glycine/n200", "state!=failed")
    assert "left alone, since they have not failed: 25 pending, 25 queued, 25 running" in text
    assert "nothing to try again" in text

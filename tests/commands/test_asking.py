"""Commands that stop or start something ask first where somebody is there to answer."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hpcmlff.console import say
from hpcmlff.jobs import job_states
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.reconcile import survey
from hpcmlff.spec.cells import Cell
from hpcmlff.store.store import Store, open_store

PROFILE = "{name: test, scheduler: local, cpus: 2, mem_gb: 16, poll_interval: 1s}"
SLOW = "{mean: {steps: 4000, step_s: 0.25}}"

Made = tuple[Store, tuple[Cell, ...]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster_profiles").mkdir()
    (tmp_path / "cluster_profiles" / "local.yaml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def failed(grid_file: Callable[..., Path], tmp_path: Path) -> Made:
    """A store whose cells of seed 1 have failed for real: their frames were not there."""
    path = grid_file(axes="{model: [mean], size: [10, 20], seed: [0, 1]}")
    store, frozen = settle(draft(path, say), say)
    frames = store.layout.dataset("springs")
    frames.rename(tmp_path / "away")
    for cell in frozen.cells:
        if cell.seed == 1:
            words = [sys.executable, "-m", "hpcmlff.worker", "--store", str(store.path)]
            words += ["--cell", cell.id, "--revision", "1"]
            assert subprocess.run(words, check=False).returncode == 3
    (tmp_path / "away").rename(frames)
    assert states(store, frozen.cells) == ["pending", "failed"] * 2
    return store, frozen.cells


def states(store: Store, cells: tuple[Cell, ...]) -> list[str]:
    return [one.state.value for one in survey(store, cells)]


def on_a_terminal(command: str, *words: str, answer: str) -> tuple[int, str]:
    """Give a command on a terminal, and an answer to what it asks; return what it says."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", f"hpcmlff.{command}", *words],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    shown = b""
    # Linux ends a terminal whose other side is closed by an input/output error.
    with suppress(OSError):
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    return process.wait(), shown.decode().replace("\r\n", "\n")


def test_a_retry_tells_what_it_is_about_to_do_and_takes_no_for_an_answer(failed: Made) -> None:
    store, _ = failed
    code, text = on_a_terminal("retry", "*", answer="n")
    assert code == 0
    assert "left alone, since they have not failed: 2 pending" in text
    assert "failed (" in text
    assert "2 cells in one background job of this machine:" in text
    assert "submit? [y/N]: " in text
    assert "nothing was submitted" in text
    assert list(store.ledger.newest_first()) == []


def test_failed_cells_are_tried_again_once_whoever_asks_how_often(failed: Made) -> None:
    store, cells = failed
    words = [sys.executable, "-m", "hpcmlff.retry", "runs/springs", "*/*/*/s1", "--wait"]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [one.communicate()[1] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted("submitted 2 cells" in one for one in told) == [False, True]
    assert len(list(store.ledger.newest_first())) == 1
    assert states(store, cells) == ["pending", "done"] * 2
    assert [len(store.cell(cell).attempts()) for cell in cells] == [0, 2, 0, 2]


def test_a_cancel_tells_what_would_stop_and_takes_no_for_an_answer(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = grid_file(axes="{model: [mean], size: [10], seed: [0, 1, 2]}", models=SLOW)
    submitted = [sys.executable, "-m", "hpcmlff.submit", str(path)]
    assert subprocess.run(submitted, check=False).returncode == 0
    words = ["runs/springs", "seed=2"]
    code, text = on_a_terminal("cancel", *words, answer="n")
    assert code == 0
    assert "would stop 1 cell (1 queued) in 1 job\n" in text
    assert "stop? Running cells commit a checkpoint first [y/N]: " in text
    assert "asked" not in text
    code, text = on_a_terminal("cancel", *words, answer="y")
    assert "asked 1 cell (1 queued) in 1 job to stop" in text
    code, text = on_a_terminal("cancel", "--yes", answer="")
    assert (code, "y/N" in text) == (0, False)
    assert " in 1 job to stop; running cells commit a checkpoint first\n" in text
    store = open_store(tmp_path / "runs" / "springs")
    while job_states(store, fresh=True):
        time.sleep(0.1)

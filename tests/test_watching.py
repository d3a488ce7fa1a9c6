"""Watching draws as often as the profile allows, and ends by itself."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from store.many import KINDS, Many, make_many

from hpcmlff.spec.states import CellState
from hpcmlff.store.attempts import record_end

CELLS, POLL_S = 2 * KINDS, 3


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Many:
    made = make_many(tmp_path / "store", CELLS, f"{POLL_S}s")
    made.put_slurm(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COLUMNS", "80")
    return made


def command(many: Many) -> list[str]:
    return [sys.executable, "-m", "hpcmlff.status", str(many.store.path), "schnet", "--watch"]


def end_all_jobs(many: Many, programs: Path) -> None:
    for cell in many.of(CellState.RUNNING):
        end = {"outcome": "stopped", "reason": "SIGUSR2"}
        record_end(many.store.cell(cell).attempts()[0], end)
    (programs / "squeue.txt").write_text("")


def test_pages_follow_each_other_no_faster_than_the_scheduler_may_be_asked(
    many: Many, tmp_path: Path
) -> None:
    process = subprocess.Popen(command(many), stdout=subprocess.PIPE, text=True)
    calls, end = tmp_path / "bin" / "calls", time.monotonic() + 300
    while not calls.exists() or len(calls.read_text().splitlines()) < 3:
        assert time.monotonic() < end
        time.sleep(0.05)
    end_all_jobs(many, tmp_path / "bin")
    text = process.communicate(timeout=300)[0]
    assert process.returncode == 0
    asked = [float(line) for line in calls.read_text().splitlines()]
    assert min(later - earlier for earlier, later in pairwise(asked)) >= POLL_S
    # The store's path is longer than a line.
    pages = " ".join(text.split()).split("40 of 80 cells: ")[1:]
    assert pages[0].startswith("4 pending, 4 queued, 4 running, 4 stopped, 4 failed, 20 done")
    assert pages[-1].startswith("8 pending, 8 stopped, 4 failed, 20 done")
    assert len(pages) >= 3
    assert text.splitlines()[-1] == f"next: python -m hpcmlff.resume {many.store.path}"
    assert "\x1b" not in text


def test_on_a_terminal_a_page_takes_the_place_of_the_last_one_until_ctrl_c(many: Many) -> None:
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "LINES": "200"}
    process = subprocess.Popen(
        command(many), stdout=theirs, stderr=subprocess.PIPE, env=environment, text=True
    )
    os.close(theirs)
    shown = "".join(_read_until(ours, "4 failed", times=2))
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert process.stderr.read().strip() == "interrupted"
    process.stderr.close()
    os.close(ours)
    assert process.wait(60) == 130
    # Up and erased, line by line, before the second page.
    assert "\x1b[1A\x1b[2K" in shown


def _read_until(terminal: int, text: str, times: int) -> Iterator[str]:
    shown = ""
    while shown.count(text) < times:
        part = os.read(terminal, 65536).decode(errors="replace")
        shown += part
        yield part

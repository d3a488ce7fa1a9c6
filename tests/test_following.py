from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hpcmlff import following
from hpcmlff.following import Follower
from hpcmlff.store.attempts import claim, record_end
from hpcmlff.store.layout import AttemptFolder, CellFolder


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LOOK_S", 0.02)


class Reader:
    """Follows a cell in a thread, and what it was shown and told."""

    def __init__(self, cell: CellFolder) -> None:
        self.shown, self.told = "", list[str]()
        self.outcome = ""
        follower = Follower(cell=cell, show=self._show, tell=self.told.append)
        self.thread = threading.Thread(target=lambda: self._run(follower), daemon=True)

    def _run(self, follower: Follower) -> None:
        self.outcome = follower.follow()

    def _show(self, text: str) -> None:
        self.shown += text

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, (self.shown, self.told)
            time.sleep(0.01)


@contextmanager
def reading(cell: CellFolder) -> Iterator[Reader]:
    reader = Reader(cell)
    reader.thread.start()
    yield reader
    reader.thread.join(60)
    assert not reader.thread.is_alive()


def begin(cell: CellFolder, text: str) -> AttemptFolder:
    attempt = claim(cell)
    attempt.log.write_text(text, encoding="utf-8")
    return attempt


def write(attempt: AttemptFolder, text: bytes) -> None:
    with attempt.log.open("ab") as file:
        file.write(text)


def test_a_log_is_followed_from_attempt_to_attempt_until_the_cell_is_done(tmp_path: Path) -> None:
    cell = CellFolder(tmp_path / "cell")
    with reading(cell) as reader:
        reader.until(lambda: reader.told == ["the cell has not begun; waiting for it"])
        first = begin(cell, "one\n")
        reader.until(lambda: reader.shown == "one\n")
        # A letter that is not whole yet.
        write(first, b"tw\xc3")
        reader.until(lambda: reader.shown == "one\ntw")
        write(first, b"\xb6\n")
        reader.until(lambda: reader.shown == "one\ntwö\n")
        record_end(first, {"outcome": "stopped", "reason": "SIGTERM"})
        reader.until(lambda: len(reader.told) == 3)
        second = begin(cell, "three\n")
        # Killed: there is no end.
        reader.until(lambda: reader.shown.endswith("three\n"))
        third = begin(cell, "")
        write(third, b"four\n")
        record_end(third, {"outcome": "done"})
    assert reader.shown == "one\ntwö\nthree\nfour\n"
    assert reader.outcome == "done"
    assert reader.told[1:] == [
        f"attempt 1: {first.log}",
        "stopped (SIGTERM); waiting for the next attempt",
        f"attempt 2: {second.log}",
        f"attempt 3: {third.log}",
    ]


def test_a_cell_that_has_failed_is_not_waited_for(tmp_path: Path) -> None:
    cell = CellFolder(tmp_path / "cell")
    record_end(begin(cell, "no\n"), {"outcome": "failed"})
    with reading(cell) as reader:
        pass
    assert (reader.outcome, reader.shown) == ("failed", "no\n")

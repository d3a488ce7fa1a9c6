"""What the jobs of the suite for executors do; importable functions with plain arguments."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from types import FrameType

BEGUN, GO, COUNTED, BEAT = "begun", "go", "counted", "beat"
"""Files in a job's folder: it runs, it may end, how far it has counted, it still lives."""

_LONGEST_S = 120.0
_STEP_S = 0.05
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


def note(folder: str) -> None:
    """Leave one file that nobody else leaves."""
    (Path(folder) / f"note-{uuid.uuid4().hex}").write_text(str(os.getpid()), encoding="ascii")


def wait_for_go(folder: str) -> None:
    """Run until told that it may end."""
    (Path(folder) / BEGUN).touch()
    end = time.monotonic() + _LONGEST_S
    while not (Path(folder) / GO).exists() and time.monotonic() < end:
        time.sleep(_STEP_S)


def fail(folder: str, code: int) -> None:
    """End with an exit code."""
    (Path(folder) / BEGUN).touch()
    raise SystemExit(code)


def count(folder: str, to: int) -> None:
    """Count on from where the last job stopped, until the number, or until asked to stop."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        asked.append(number)

    for number in _SIGNALS:
        signal.signal(number, stop)
    path = Path(folder) / COUNTED
    while not asked and counted(path) < to:
        with path.open("a", encoding="ascii") as file:
            file.write(".")
        time.sleep(_STEP_S)


def counted(path: Path) -> int:
    """Return how far was counted."""
    return len(path.read_text(encoding="ascii")) if path.exists() else 0


def outlive(folder: str) -> None:
    """Ignore whoever asks to stop."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    end = time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        (Path(folder) / BEAT).touch()
        time.sleep(_STEP_S)

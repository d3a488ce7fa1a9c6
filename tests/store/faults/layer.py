"""A file layer that fails: an OSError at an exact step of a process's work on files."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_EVENTS = {
    "open",
    "os.link",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.scandir",
    "os.symlink",
}


@dataclass(kw_only=True)
class Layer:
    """Counts what the process does with the files under a folder, and acts at one step.

    Reading, naming and removing files are seen by Python's audit events, before they happen;
    writing and syncing, which have none, by functions put in front of Python's own.
    """

    under: str
    """Only names under this folder count."""
    act: Callable[[], None]
    """Called at the step and, if it goes on, at each after it; may raise."""
    step: int
    """Which time, counted from 0."""
    forever: bool = False
    """Whether the steps after it are hit as well."""

    def arm(self) -> None:
        """Begin to count."""
        sys.addaudithook(self._look)
        plain_sync, plain_open = os.fsync, io.open

        def sync(descriptor: int) -> None:
            self._count()
            plain_sync(descriptor)

        def opened(name: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
            file = plain_open(name, mode, *rest, **more)
            is_ours = str(name).startswith(self.under) and "b" in mode and "r" not in mode
            return _Counted(file, self._count) if is_ours else file

        os.fsync, io.open = sync, opened  # type: ignore[assignment]

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and str(arguments[0]).startswith(self.under):
            self._count()

    def _count(self) -> None:
        self.step -= 1
        if self.step == -1 or (self.forever and self.step < 0):
            self.act()


class _Counted:
    """A file whose every write counts."""

    def __init__(self, file: Any, count: Callable[[], None]) -> None:
        self._file, self._count = file, count

    def write(self, data: bytes) -> int:
        self._count()
        return int(self._file.write(data))

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def signalling(number: int) -> Callable[[], None]:
    """Return an act that sends this process a signal."""
    return lambda: os.kill(os.getpid(), number)


def failing(code: int = errno.EIO) -> Callable[[], None]:
    """Return an act that raises OSError."""

    def fail() -> None:
        raise OSError(code, os.strerror(code))

    return fail


def unreadable(paths: list[str]) -> None:
    """Let every attempt to open one of these files end in EIO, from now on."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]) in paths:
            failing()()

    sys.addaudithook(look)

"""A control group with little memory, where this user may make one: the kernel kills for real."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """Exists while the context lasts; processes are put into it one by one.

    Parameters
    ----------
    limit_bytes
        Memory of all its processes; the kernel kills the largest when they want more.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        one = (_ROOT / "memory").is_dir()
        self._folder = _ROOT / ("memory" if one else "") / f"hpcmlff-test-{os.getpid()}"
        self._limit = "memory.limit_in_bytes" if one else "memory.max"

    def __enter__(self) -> Self:
        """Make it.

        Raises
        ------
        OSError
            This user may not.
        """
        self._folder.mkdir()
        try:
            (self._folder / self._limit).write_text(str(self.limit_bytes))
        except OSError:
            self._folder.rmdir()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        deadline = time.monotonic() + 30
        while (self._folder / "cgroup.procs").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        self._folder.rmdir()

    @property
    def enter(self) -> Callable[[], None]:
        """What a new process calls to be in it, with all that it starts."""
        file = self._folder / "cgroup.procs"
        return lambda: _write(file, str(os.getpid()))


def _write(file: Path, text: str) -> None:
    file.write_text(text)

"""The folder that a probe job and who watches it share for a while."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from hpcmlff.files import read_json

SILENCE: Final[Mapping[str, Any]] = MappingProxyType({"signals": (), "requeue": None})
"""A report that says nothing."""

_LOG_LINES = 6


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that only we can read, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hpcmlff-check-", dir=parent)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_report(path: Path) -> Mapping[str, Any]:
    """Return what the job has told so far, or `SILENCE`."""
    with suppress(OSError):  # a shared folder may lose sight of a file that is replaced
        return read_json(path) or SILENCE
    return SILENCE


def log_tail(folder: Path) -> str:
    """Return the last lines of the job's log, indented; empty if there are none."""
    lines = [line for path in sorted(folder.glob("*.out")) for line in _lines(path)]
    return "\n".join(f"  {line}" for line in lines[-_LOG_LINES:])


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()

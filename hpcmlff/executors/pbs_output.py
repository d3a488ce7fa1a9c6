"""What PBS itself writes into a job's output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hpcmlff.executors.pbs_ids import read_id

ENDING = ".OU"
"""Behind the job's id in the name of the file."""

_OVERDUE = re.compile(rb"^=>> PBS: job killed: walltime \d+ exceeded limit \d+", re.M)
_TAIL_BYTES = 4096


def overdue(folder: Path) -> dict[int, str]:
    """Return the elements that PBS has killed at the end of their walltime.

    Parameters
    ----------
    folder
        Where PBS writes; a job that is no array is element 0.
    """
    return {index: "TIMEOUT" for index, path in _outputs(folder) if _OVERDUE.search(_tail(path))}


def _outputs(folder: Path) -> Iterator[tuple[int, Path]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(ENDING) and entry.stat().st_size:
                yield read_id(entry.name.removesuffix(ENDING)).index or 0, Path(entry.path)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return file.read()

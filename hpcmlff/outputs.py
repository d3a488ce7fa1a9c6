"""What has been printed: by attempts into their logs, by jobs outside of these."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.executors.job_output import outputs

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


def newest_record(store: Store, cell_id: str) -> Record | None:
    """Return the newest submission of a cell; None if there never was one."""
    return next((one for one in store.ledger.newest_first() if cell_id in one.cells), None)


def job_output(store: Store, record: Record, cell_id: str) -> list[Path]:
    """Return the files of what a cell's job has printed outside of the attempt's log.

    Before the cell began, such as a module that could not be loaded, and after it ended. Only
    their owner may read them; for others there are none.
    """
    element, folder = record.element(cell_id), store.layout.private / record.mark
    return [path for one, path in outputs(folder) if one == element]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tail:
    """The end of a file."""

    text: str
    """Its last lines; what is no UTF-8 is replaced."""
    end: int
    """Bytes of the file up to there."""


def tail(path: Path, lines: int) -> Tail:
    """Return the last lines of a file, or all of it for 0.

    Raises
    ------
    OSError
        It cannot be read.
    """
    with path.open("rb") as file:
        found = b"".join(deque(file, maxlen=lines or None))
        return Tail(text=found.decode("utf-8", errors="replace"), end=file.tell())

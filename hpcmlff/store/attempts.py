"""Claiming an attempt: exclusive, without locks, on any shared file system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.files import json_bytes, sync_folder, write_durably

if TYPE_CHECKING:
    from hpcmlff.store.layout import AttemptFolder, CellFolder


def claim(cell: CellFolder) -> AttemptFolder:
    """Take the next attempt number; nobody else gets it.

    Raises
    ------
    OSError
        The store cannot be written.
    StoreError
        The cell's folder is a link.
    """
    cell.refuse_links()
    cell.path.mkdir(parents=True, exist_ok=True)
    newest = cell.attempts()
    number = newest[0].number + 1 if newest else 1
    while True:
        attempt = cell.attempt(number)
        try:
            attempt.path.mkdir()
        except FileExistsError:
            number += 1
            continue
        sync_folder(cell.path)
        return attempt


def describe(cell: CellFolder, identity: dict[str, Any]) -> None:
    """Write what the cell is, once."""
    if not cell.description.exists():
        write_durably(cell.description, [json_bytes(identity)])


def record_start(attempt: AttemptFolder, facts: dict[str, Any]) -> None:
    """Write where and how the attempt began."""
    write_durably(attempt.start, [json_bytes(facts)])


def record_end(attempt: AttemptFolder, facts: dict[str, Any]) -> None:
    """Write how the attempt ended."""
    write_durably(attempt.end, [json_bytes(facts)])


def report_progress(attempt: AttemptFolder, facts: dict[str, Any]) -> None:
    """Replace the attempt's progress; cheap, and lost in a crash without harm."""
    temporary = attempt.path / ".progress.tmp"
    temporary.write_bytes(json_bytes(facts))
    temporary.replace(attempt.progress)

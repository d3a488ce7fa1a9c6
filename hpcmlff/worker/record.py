"""A job's own record in the ledger, and the cells that are still its to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder, CellFolder
    from hpcmlff.store.ledger import Ledger, Record
    from hpcmlff.store.store import Store


def own_record(store: Store, number: int, job: Mapping[str, Any]) -> Record:
    """Return the job's record, confirmed here if the submitting command died too early.

    Parameters
    ----------
    store
        The store.
    number
        The submission's number in the ledger.
    job
        What the executor would have returned for this job.
    """
    record = store.ledger.read(number)
    if record.job is not None:
        return record
    store.ledger.confirm(record, job)
    # Read again: a command may have given the submission up in the meantime.
    return store.ledger.read(number)


def reason_to_leave(store: Store, record: Record, cell: Cell) -> str:
    """Return why a job must not train a cell of its record, or an empty text."""
    if record.ended:
        return "its submission was given up, or is over"
    # Who cancelled may not have seen a job that was just being submitted.
    if any(store.ledger.is_cancelled(n) for n in (record.number, record.successor_of) if n):
        return "it was cancelled"
    newest = store.cell(cell).attempts()[:1]
    if record.after is not None and newest and has_failed(newest[0]):
        return "the cell has failed in the job before"
    # Only what has run before can have submitted a successor.
    if newest and record.profile.get("submit_from_jobs"):
        return _word_of_successor(store, record, cell.id)
    return ""


def _word_of_successor(store: Store, record: Record, cell_id: str) -> str:
    for later in store.ledger.newest_first():
        if later.number <= record.number:
            break
        if later.successor_of == record.number and cell_id in later.cells and not later.ended:
            return f"job {(later.job or {}).get('job_id')} goes on"
    return ""


def has_failed(attempt: AttemptFolder) -> bool:
    """Tell whether an attempt ended with an error."""
    return (read_json(attempt.end) or {}).get("outcome") == "failed"


def wasted_attempts(folder: CellFolder, own: AttemptFolder, ledger: Ledger) -> int:
    """Count the attempts right before one's own that left no checkpoint.

    A failed attempt ends the count: somebody has asked for the cell again. Attempts of
    cancelled jobs are not counted.
    """
    wasted = 0
    for attempt in folder.attempts():
        if attempt.number >= own.number:
            continue
        if attempt.generations() or has_failed(attempt):
            break
        number = (read_json(attempt.start) or {}).get("record", 0)
        wasted += not ledger.is_cancelled(number)
    return wasted

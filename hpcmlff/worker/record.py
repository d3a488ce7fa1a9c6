"""A job's own record in the ledger, and the cells that are still its to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.errors import HpcmlffError
from hpcmlff.files import read_json
from hpcmlff.spec.causes import Cause, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.ledger import Record
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
    attempts = store.cell(cell).attempts()
    goes_on = bool(attempts) and (record.after is not None or _is_of(attempts[0], record))
    if goes_on and (why := _word_of_rule(store, record, cell)):
        return why
    # Only what has run before can have submitted a successor.
    if attempts and record.profile.get("submit_from_jobs"):
        return _word_of_successor(store, record, cell.id)
    return ""


def _is_of(attempt: AttemptFolder, record: Record) -> bool:
    return (read_json(attempt.start) or {}).get("record") == record.number


def _word_of_successor(store: Store, record: Record, cell_id: str) -> str:
    for later in store.ledger.newest_first():
        if later.number <= record.number:
            break
        if later.successor_of == record.number and cell_id in later.cells and not later.ended:
            return f"job {(later.job or {}).get('job_id')} goes on"
    return ""


def newest_diagnosis(store: Store, cell: Cell, run_again: int = 0) -> Diagnosis | None:
    """Return why the newest attempt of a cell ended; None if there is none, or nobody can tell.

    Parameters
    ----------
    store, cell
        The store and the cell.
    run_again
        Number of the submission whose job is just being run, perhaps again.
    """
    from hpcmlff.diagnosis.attempts import diagnosis_of
    from hpcmlff.diagnosis.casebook import Casebook

    try:
        attempts = store.cell(cell).attempts()
        book = Casebook(store=store)
        return diagnosis_of(book, cell, attempts, run_again=run_again) if attempts else None
    except (HpcmlffError, OSError):
        # What follows must not hang on a file that cannot be read for a moment.
        return None


def says_stop(store: Store, cell: Cell) -> bool:
    """Tell whether a cell that has just stopped must not go on by its rule."""
    found = newest_diagnosis(store, cell)
    # Whether a signal was a cancel or a preemption is known only once a job runs again.
    return found is not None and found.rule is Rule.STOP and found.cause is not Cause.CANCELLED


def _word_of_rule(store: Store, record: Record, cell: Cell) -> str:
    """Return why a job must not go on where the one before, or its own run before, has ended."""
    found = newest_diagnosis(store, cell, record.number)
    if found is None:
        return ""
    if found.rule is Rule.STOP:
        return "the cell has failed in the job before"
    if found.mem_gb is not None and found.mem_gb > record.memory_gb(cell.id):
        return f"the cell ran out of memory in the job before; `resume` gives {found.mem_gb:g} GiB"
    return ""

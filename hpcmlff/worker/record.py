"""A job's own record in the ledger, and the cells that are still its to train."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from hpcmlff.errors import HpcmlffError
from hpcmlff.files import read_json
from hpcmlff.spec.causes import Rule
from hpcmlff.store.holding import away_from_job

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store

    Processes = Collection[Mapping[str, Any] | None]

OVERTAKEN = "a newer attempt has the cell"
"""What is said of a cell that another run has taken over."""


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


def to_train(store: Store, record: Record, cells: Iterable[Cell]) -> tuple[list[Cell], str]:
    """Return the cells that a job must train, and why it must not the last of the others."""
    own: list[Cell] = []
    why = ""
    for cell in cells:
        away = away_from_job(store, cell)
        reason = away.why if away else reason_to_leave(store, record, cell)
        why = reason or why
        own += [] if reason else [cell]
    return own, why


def reason_to_leave(store: Store, record: Record, cell: Cell) -> str:
    """Return why a job must not train a cell of its record, or an empty text."""
    if record.ended:
        return "its submission was given up, or is over"
    # Who cancelled may not have seen a job that was just being submitted.
    submissions = [number for number in (record.number, record.successor_of) if number]
    if any(store.ledger.is_cancelled(number, cell.id) for number in submissions):
        return "it was cancelled"
    newest = store.cell(cell).attempts()[:1]
    if not newest:
        return ""
    goes_on = record.after is not None or record_of(newest[0]) >= record.number
    if goes_on and (why := _word_of_rule(store, record, cell)):
        return why
    # Only what has run before can have a successor, or was left by a job that went on.
    if record.profile.get("submit_from_jobs") or record.cells_per_element > 1:
        return _word_of_later(store, record, cell.id)
    return ""


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


def _word_of_later(store: Store, record: Record, cell_id: str) -> str:
    """Return which later submission has a cell, or an empty text."""
    later = takewhile(lambda one: one.number > record.number, store.ledger.newest_first())
    waiting = {record.number}
    for one in reversed(list(later)):
        if one.after in waiting:
            # The rest of a chain begins when this job is over.
            waiting.add(one.number)
        elif cell_id in one.cells and not one.ended:
            return f"job {(one.job or {}).get('job_id')} goes on"
    return ""


def is_newest(store: Store, cell: Cell, processes: Processes) -> bool:
    """Tell whether one of these processes has made a cell's newest attempt, or there is none."""
    newest = store.cell(cell).attempts()[:1]
    return not newest or (read_json(newest[0].start) or {}).get("process") in processes


def record_of(attempt: AttemptFolder) -> int:
    """Return the number of the submission that an attempt belongs to; 0 for none."""
    return int((read_json(attempt.start) or {}).get("record", 0))


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

"""A job's own record in the ledger, and the cells that are still its to train."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from hpcmlff.errors import EXIT_BUG, EXIT_STOPPED_EARLY
from hpcmlff.files import read_json
from hpcmlff.store.attempts import record_end

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder, CellFolder
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
        reason = reason_to_leave(store, record, cell)
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
    if has_failed(newest[0]) and (
        record.after is not None or record_of(newest[0]) >= record.number
    ):
        return "the cell has failed in the job before"
    # Only what has run before can have a successor, or was left by a job that went on.
    if record.profile.get("submit_from_jobs") or record.cells_per_element > 1:
        return _word_of_later(store, record, cell.id)
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


def has_failed(attempt: AttemptFolder) -> bool:
    """Tell whether an attempt ended with an error."""
    return (read_json(attempt.end) or {}).get("outcome") == "failed"


def record_of(attempt: AttemptFolder) -> int:
    """Return the number of the submission that an attempt belongs to; 0 for none."""
    return int((read_json(attempt.start) or {}).get("record", 0))


def note_killed(
    cell: CellFolder, process: Mapping[str, Any] | None, facts: Mapping[str, Any]
) -> int | None:
    """Write down how an attempt ended whose process can do so no more.

    Parameters
    ----------
    cell
        The cell.
    process
        What tells the process from every other; an attempt of another one is left alone.
    facts
        What is known of its end.

    Returns
    -------
    int or None
        The exit code that goes with what the process has itself written down before.
    """
    newest = cell.attempts()[:1]
    started = (read_json(newest[0].start) or {}).get("process") if newest else None
    if started is None or started != process:
        return None
    if (end := read_json(newest[0].end)) is not None:
        codes = {"done": 0, "stopped": EXIT_STOPPED_EARLY}
        return int(end.get("exit_code", codes.get(end["outcome"], EXIT_BUG)))
    try:
        record_end(newest[0], {"outcome": "killed", **facts})
    except OSError as error:
        print(f"{newest[0].end}: {error}", flush=True)  # noqa: T201 - the job's log
    return None


def wasted_attempts(store: Store, cell: Cell, own: AttemptFolder) -> int:
    """Count the attempts of a cell right before one's own that left no checkpoint.

    A failed attempt ends the count: somebody has asked for the cell again. Attempts of
    cancelled jobs are not counted.
    """
    wasted = 0
    for attempt in store.cell(cell).attempts():
        if attempt.number >= own.number:
            continue
        if attempt.generations() or has_failed(attempt):
            break
        wasted += not store.ledger.is_cancelled(record_of(attempt), cell.id)
    return wasted

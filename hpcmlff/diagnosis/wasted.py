"""Counting attempts that came to nothing, so that no cell is tried for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hpcmlff.diagnosis.attempts import diagnosis_of
from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.papers import papers_of
from hpcmlff.errors import GivenUp
from hpcmlff.spec.causes import Cause, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.diagnosis.casebook import Entry
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


def wasted_attempts(
    book: Casebook, cell: Cell, attempts: Sequence[AttemptFolder], first: int, mem_gb: float
) -> int:
    """Count the attempts in a row that left no checkpoint, back from one of them.

    The count ends where somebody has asked for the cell again: at a submission by
    ``--retry-failed``, and before an attempt whose rule was to stop. Not counted are
    attempts of cancelled jobs, and those that ran out of less memory than there is now:
    a cell can get more only so often.

    Parameters
    ----------
    book
        What the ledger says.
    cell
        The cell.
    attempts
        Its attempts, the newest first.
    first
        The attempt to begin with; 1 where the newest is one's own, and has not ended.
    mem_gb
        Memory the cell has now, or will have, GiB.
    """
    wasted, asked_for = 0, 0
    for place, folder in enumerate(attempts):
        number = papers_of(folder).record
        entry = book.entry(number)
        if number < asked_for or (place >= first and folder.generations()):
            break
        if place >= first:
            found = diagnosis_of(book, cell, attempts, place)
            if found.rule is Rule.STOP:
                break
            wasted += not _is_excused(found.cause, entry, cell.id, mem_gb)
        if entry is not None and entry.record.retry and entry.record.after is None:
            asked_for = number
    return wasted


def _is_excused(cause: Cause, entry: Entry | None, cell_id: str, mem_gb: float) -> bool:
    if entry is None:
        return False
    if cause is Cause.OUT_OF_MEMORY:
        return entry.record.memory_gb(cell_id) < mem_gb
    return cell_id in entry.cancelled


def capped(
    book: Casebook, cell: Cell, attempts: Sequence[AttemptFolder], found: Diagnosis
) -> Diagnosis:
    """Return the diagnosis of the newest attempt, which stops a cell after too many.

    Parameters
    ----------
    book
        What the ledger says.
    cell
        The cell.
    attempts
        Its attempts, the newest first.
    found
        The diagnosis of the first of them by itself.
    """
    entry = book.entry(papers_of(attempts[0]).record)
    if entry is None or found.rule is Rule.STOP:
        return found
    mem_gb = found.mem_gb or entry.record.memory_gb(cell.id)
    wasted = wasted_attempts(book, cell, attempts, 0, mem_gb)
    if wasted < limit(entry.record):
        return found
    error = given_up(wasted)
    evidence = (*found.evidence, error.what)
    return replace(found, rule=Rule.STOP, mem_gb=None, evidence=evidence, advice=error.hint)


def limit(record: Record) -> int:
    """Return how many fruitless attempts or jobs in a row are too many."""
    return int(record.profile["attempts_without_progress"])


def refuse_wasted(
    store: Store, cell: Cell, attempts: Sequence[AttemptFolder], mem_gb: float, cap: int
) -> None:
    """Refuse to begin an attempt after too many that came to nothing.

    Parameters
    ----------
    store, cell
        The store and the cell.
    attempts
        Its attempts, the newest first, which is the one to begin.
    mem_gb
        Memory it has, GiB.
    cap
        How many are too many.

    Raises
    ------
    GivenUp
        Says how many there were.
    """
    wasted = wasted_attempts(Casebook(store=store), cell, attempts, 1, mem_gb)
    if wasted >= cap:
        raise given_up(wasted)


def given_up(wasted: int) -> GivenUp:
    """Return the error that says how many attempts came to nothing."""
    return GivenUp(
        f"{wasted} attempts in a row ended without a checkpoint",
        hint="See log.txt of the attempts before; `retry` tries again",
    )

"""All attempts of a cell and why each ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.diagnosis.attempts import diagnosis_of, diagnosis_of_job
from hpcmlff.diagnosis.papers import papers_of
from hpcmlff.diagnosis.wasted import capped
from hpcmlff.executors.processes import is_alive, is_here

if TYPE_CHECKING:
    from hpcmlff.diagnosis.casebook import Casebook
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.diagnosis.papers import Papers
    from hpcmlff.spec.cells import Cell


def all_diagnoses(
    book: Casebook, cell: Cell, *, running: bool | None = None
) -> tuple[Diagnosis, ...]:
    """Return why each attempt of a cell ended; see `hpcmlff.diagnosis.diagnosed`.

    Parameters
    ----------
    book
        What the ledger says; one for all cells that are looked at.
    cell, running
        As for `hpcmlff.diagnosis.diagnosed`.
    """
    attempts = book.store.cell(cell).attempts()
    papers = papers_of(attempts[0]) if attempts else None
    if running is None:
        running = papers is not None and _is_running(book, papers, cell)
    ended = range(1 if running else 0, len(attempts))
    found = [diagnosis_of(book, cell, attempts, place) for place in ended]
    if last := _of_last_job(book, cell, papers):
        return (last, *found)
    if found and not running:
        found[0] = capped(book, cell, attempts, found[0])
    return tuple(found)


def _is_running(book: Casebook, papers: Papers, cell: Cell) -> bool:
    if papers.end:
        return False
    process = papers.start.get("process")
    if process is not None and is_here(process):
        return is_alive(process)
    entry = book.entry(papers.record or book.newest_with(cell.id))
    return entry is not None and not entry.record.ended


def _of_last_job(book: Casebook, cell: Cell, papers: Papers | None) -> Diagnosis | None:
    """Return why the newest job ended, if it never began the cell."""
    number = book.newest_with(cell.id)
    entry = book.entry(number)
    if entry is None or entry.record.takes_turns:
        return None
    if papers is not None and number <= papers.record:
        return None
    return diagnosis_of_job(book, number, cell.id)

"""Cells that are given up: neither a broken set-up nor a broken cell is tried for ever."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from hpcmlff.diagnosis.wasted import given_up, limit, wasted_attempts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hpcmlff.diagnosis.casebook import Casebook
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Idle:
    """A cell that no job has, and that would be submitted."""

    cell: Cell
    """The cell."""
    record: int = 0
    """Number of the submission its newest attempt belongs to; 0 for none."""
    attempts: int = 0
    """Attempts claimed so far."""
    mem_gb: float | None = None
    """Memory of its next job, GiB, where it is more than the last one had."""


def fruitless(book: Casebook, idle: Iterable[Idle]) -> dict[str, str]:
    """Return the ids of the cells to give up, and why.

    A cell is given up after as many jobs in a row that ended before it began, or as many
    attempts in a row that left no checkpoint, as the profile's
    ``attempts_without_progress`` says. Neither is counted beyond the last submission that
    was asked for by ``--retry-failed``, nor what was cancelled, nor attempts that ran out
    of less memory than the next job gets.

    Parameters
    ----------
    book
        What the ledger says.
    idle
        The cells in question.
    """
    cells = {one.cell.id: one for one in idle}
    if not cells:
        return {}
    jobs = fruitless_jobs(book.store, {cell_id: one.record for cell_id, one in cells.items()})
    left = [one for cell_id, one in cells.items() if cell_id not in jobs]
    attempts = {one.cell.id: _fruitless_attempts(book, one) for one in left if one.record}
    return jobs | {cell_id: why for cell_id, why in attempts.items() if why}


def fruitless_jobs(store: Store, idle: Mapping[str, int]) -> dict[str, str]:
    """Return the cells whose newest jobs all ended before they began, and why.

    Counted are the newest jobs of a cell in a row that ended before the cell began,
    back to the last one that was asked for by ``--retry-failed``; not those that were
    cancelled. The limit is the profile's ``attempts_without_progress``.

    Parameters
    ----------
    store
        The store.
    idle
        Id of each cell no job has, to the number of the submission that its newest
        attempt belongs to; 0 for none.
    """
    open_cells, found = dict(idle), dict[str, str]()
    counted: dict[str, list[Record]] = {cell_id: [] for cell_id in idle}
    for record in store.ledger.newest_first():
        if not open_cells:
            break
        cancelled = _cancelled(store, record)
        for position, cell_id in enumerate(record.cells):
            if cell_id not in open_cells:
                continue
            if record.number <= open_cells[cell_id]:
                del open_cells[cell_id]
                continue
            element = position // record.cells_per_element
            if cell_id not in cancelled and _is_fruitless(store, record, element):
                counted[cell_id].append(record)
            if len(counted[cell_id]) >= limit(record):
                found[cell_id] = _words(store, counted[cell_id])
            if record.retry or cell_id in found:
                del open_cells[cell_id]
    return found


def _fruitless_attempts(book: Casebook, idle: Idle) -> str:
    entry = book.entry(idle.record)
    if entry is None or idle.attempts < limit(entry.record):
        return ""
    mem_gb = idle.mem_gb or entry.record.memory_gb(idle.cell.id)
    attempts = book.store.cell(idle.cell).attempts()
    wasted = wasted_attempts(book, idle.cell, attempts, 0, mem_gb)
    too_many = wasted >= limit(entry.record) and not _was_retried(book.store, idle)
    return str(given_up(wasted)) if too_many else ""


def _was_retried(store: Store, idle: Idle) -> bool:
    """Tell whether somebody has asked for a cell again since its newest attempt."""
    later = takewhile(lambda one: one.number > idle.record, store.ledger.newest_first())
    return any(record.retry for record in later if idle.cell.id in record.cells)


def _cancelled(store: Store, record: Record) -> frozenset[str]:
    if store.ledger.is_cancelled(record.number):
        return frozenset(record.cells)
    return store.ledger.cancelled_cells(record.number)


def _is_fruitless(store: Store, record: Record, element: int) -> bool:
    if record.job is None or record.takes_turns:
        return False
    return not store.ledger.cause(record.number, element).startswith("CANCELLED")


def _words(store: Store, newest_first: list[Record]) -> str:
    folder = store.layout.private / newest_first[0].mark
    number = len(newest_first)
    return (
        f"{number} jobs in a row ended before the cell began; see the last one's output: {folder}"
    )

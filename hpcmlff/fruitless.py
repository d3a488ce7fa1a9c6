"""Jobs that end before their cells begin: a broken set-up must not be submitted for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


def fruitless_jobs(store: Store, idle: Mapping[str, int]) -> dict[str, str]:
    """Return the cells to give up, and why.

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
            if len(counted[cell_id]) >= _limit(record):
                found[cell_id] = _words(store, counted[cell_id])
            if record.retry or cell_id in found:
                del open_cells[cell_id]
    return found


def _cancelled(store: Store, record: Record) -> frozenset[str]:
    if store.ledger.is_cancelled(record.number):
        return frozenset(record.cells)
    return store.ledger.cancelled_cells(record.number)


def _is_fruitless(store: Store, record: Record, element: int) -> bool:
    if record.job is None or _may_not_reach_all(record):
        return False
    return not store.ledger.cause(record.number, element).startswith("CANCELLED")


def _may_not_reach_all(record: Record) -> bool:
    # A machine's job begins its cells one after the other, a cluster's all at once.
    return record.cells_per_element > 1 and record.profile.get("scheduler") == "local"


def _limit(record: Record) -> int:
    return int(record.profile["attempts_without_progress"])


def _words(store: Store, newest_first: list[Record]) -> str:
    folder = store.layout.private / newest_first[0].mark
    number = len(newest_first)
    return (
        f"{number} jobs in a row ended before the cell began; see the last one's output: {folder}"
    )

"""Memory that cells need which have run out of it: kept in the ledger, submission by submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.reconcile import Standing
    from hpcmlff.store.store import Store


def least_memory(store: Store, chosen: Iterable[Standing]) -> dict[str, float]:
    """Return the memory that cells get at the least in their next job, GiB, by their ids.

    What a cell was given after it ran out of memory it keeps, whatever stopped it since.

    Parameters
    ----------
    store
        The store.
    chosen
        The cells that are about to be submitted.
    """
    begun = {one.cell.id: one for one in chosen if one.attempts}
    found, left = dict[str, float](), set(begun)
    for record in store.ledger.newest_first():
        if not left:
            break
        for cell_id in left.intersection(record.cells):
            if cell_id in record.raised:
                found[cell_id] = record.memory_gb(cell_id)
        left.difference_update(record.cells)
    for cell_id, one in begun.items():
        if one.diagnosis is not None and one.diagnosis.mem_gb is not None:
            found[cell_id] = max(found.get(cell_id, 0.0), one.diagnosis.mem_gb)
    return found

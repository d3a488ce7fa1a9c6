"""What each cell of a submission may use where several run side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.ledger import Record


def shares(frozen: FrozenGrid, record: Record) -> list[tuple[Cell, Resources]]:
    """Return the cells of a record with their shares, in the grid's order.

    Parameters
    ----------
    frozen
        The revision the record was submitted from.
    record
        The submission; it says what became of memory that the grid leaves open, or that
        was too little before.
    """
    granted = dict(zip(record.cells, record.mem_gb, strict=False))
    wanted, found = set(record.cells), []
    for cell, asked in zip(frozen.cells, frozen.resources, strict=True):
        if cell.id in wanted:
            # Records of before memory could be left open do not repeat what the grid says.
            mem_gb = granted.get(cell.id) or asked.stated_gb
            assert mem_gb is not None
            found.append((cell, asked.granted(mem_gb, asked.stated_walltime_s)))
    return found

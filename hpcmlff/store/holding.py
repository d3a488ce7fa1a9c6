"""Which cells a site must not train, since another site has them or their checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import CheckpointError
from hpcmlff.files import read_json
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.headers import newest_seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.lease import Given
    from hpcmlff.spec.leases import Leases
    from hpcmlff.store.layout import CellFolder
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Away:
    """Why a cell is not to be trained here."""

    site: str
    """The site that has it, or its checkpoint."""
    why: str
    """In words."""


def cells_away(store: Store, cells: Iterable[Cell], site: str | None = None) -> dict[str, Away]:
    """Return the cells that are not to be trained here, by id; none if nothing is leased.

    Parameters
    ----------
    store, cells
        The store, and cells that are not done.
    site
        This site; what the store says if left out.

    Raises
    ------
    StoreError
        A lease is damaged.
    """
    leases = store.leases.resolved()
    if not leases:
        return {}
    here = store.site.here() if site is None else site
    found = ((cell.id, away(store, cell, leases, here)) for cell in cells)
    return {cell_id: why for cell_id, why in found if why is not None}


def away_from_job(store: Store, cell: Cell) -> Away | None:
    """Return why a job of this store must not train a cell; None if it may.

    Raises
    ------
    StoreError
        A lease is damaged.
    """
    leases = store.leases.resolved()
    return away(store, cell, leases, store.site.stated()) if leases else None


def away(store: Store, cell: Cell, leases: Leases, here: str) -> Away | None:
    """Return why a cell is not to be trained here; None if it may.

    Parameters
    ----------
    store, cell
        The store and the cell.
    leases, here
        What is leased, and the site this is.
    """
    hold = leases.of(cell.id)
    if hold.site != here:
        return Away(site=hold.site, why=f"leased to {hold.site}")
    if hold.given is None or has_come(store.cell(cell), hold.given):
        return None
    why = f"its checkpoint of step {hold.given.step} has not come from {hold.by}"
    return Away(site=hold.by, why=why)


def has_come(folder: CellFolder, given: Given) -> bool:
    """Tell whether a cell is as far here as when it was given, looking at little if possible.

    Parameters
    ----------
    folder
        The cell's folder.
    given
        The checkpoint it was given with.
    """
    newest = newest_seal(folder)
    if newest is None:
        return False
    return (
        newest.sha256 == given.sha256 or _was_brought(folder, given) or _is_further(folder, given)
    )


def _was_brought(folder: CellFolder, given: Given) -> bool:
    """Tell whether a merge has brought the checkpoint in, though it may be pruned by now."""
    for attempt in folder.attempts():
        origin = (read_json(attempt.start) or {}).get("merged_from") or {}
        # Its end is written down after its checkpoint.
        if origin.get("sha256") == given.sha256 and attempt.end.exists():
            return True
    return False


def _is_further(folder: CellFolder, given: Given) -> bool:
    from hpcmlff.store.merging import rank

    try:
        found = restore(folder)
    except CheckpointError:
        return False
    return found is not None and rank(found) >= (False, given.step, given.sha256)

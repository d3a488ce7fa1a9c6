"""A merge from beginning to end: the store that is meant, what comes in, and its index."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.store.bringing import merge
from hpcmlff.store.finding import find_store_to_fill
from hpcmlff.store.findings import Tell, quietly
from hpcmlff.store.merging import plan_merge
from hpcmlff.store.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.store.merge_plan import Plan
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """What a merge did, or would do."""

    store: Store
    """The store that was brought up to date."""
    other: Store
    """The one that was read."""
    plan: Plan
    """What was brought in."""


def join(other: Path, given: Path | None, *, dry_run: bool = False, tell: Tell = quietly) -> Joined:
    """Bring the further cells of another store of the same grid into one, and its leases.

    Parameters
    ----------
    other
        The other store, which is only read.
    given
        The store; see `hpcmlff.store.finding.find_store_to_fill`.
    dry_run
        Write nothing.
    tell
        Told how many cells have been compared.

    Raises
    ------
    StoreError
        They do not belong together, or another command holds the store.
    OSError
        The disk is full or failing; what was brought in before is whole.
    """
    theirs = open_store(other)
    found = find_store_to_fill(given, theirs.name, dry_run=dry_run)
    with found.exclusive() if found.path.exists() else nullcontext():
        plan = plan_merge(found, theirs, tell)
        if not dry_run:
            merge(found, theirs, plan)
    if not dry_run and found.grids.newest():
        from hpcmlff.store.index import refresh

        refresh(found, found.current_grid().cells)
    return Joined(store=found, other=theirs, plan=plan)

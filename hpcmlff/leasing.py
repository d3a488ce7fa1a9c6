"""Giving cells to other sites, and taking them back; one record each, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hpcmlff.choosing import cause_of
from hpcmlff.errors import StoreError
from hpcmlff.jobs import settle_intents
from hpcmlff.reconcile import counted, survey
from hpcmlff.sites import settle_site, site_of
from hpcmlff.spec.lease import Given
from hpcmlff.spec.leases import give_away, take_back
from hpcmlff.spec.states import CellState
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.merging import rank
from hpcmlff.store.names import checked_name

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.selection import Selection
    from hpcmlff.store.store import Store

_IDLE = frozenset({CellState.PENDING, CellState.STOPPED, CellState.FAILED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Leased:
    """What a lease was made of."""

    here: str
    """The site this is."""
    cells: tuple[Cell, ...]
    """The cells that it is about."""
    stay: tuple[Standing, ...]
    """Cells that were named and stay where they are: done, in a job's hands, or elsewhere."""


def give(store: Store, named: Selection, *, to: str, profile: str, every: int = 1) -> Leased:
    """Give cells to another site, each with its newest checkpoint.

    Parameters
    ----------
    store, named
        The store, and the cells that are meant; those that are done stay, as do those that
        a job has or another site.
    to
        The site that is to train them.
    profile
        Name of the profile, after which this site is called if it has no name yet.
    every
        Give only every so many of those that can be given.

    Raises
    ------
    StoreError
        The store is a copy, or none of the cells can be given.
    NoSuchCell
        What was named fits no cell.
    CheckpointError
        A cell has checkpoints, and none of them verifies.
    """
    checked_name(to, "site")
    with store.exclusive():
        here = site_of(store, profile, first=True)
        if to == here:
            raise StoreError(f"{to!r} is this site", hint="Name the one that is to have the cells")
        settle_intents(store)
        standings = _standings(store, named, here)
        given = [one.cell for one in standings if one.state in _IDLE and not one.unasked][::every]
        made = _leased(here, given, standings, "can be given")
        leases, newest = store.leases.resolved(), _newest(store, given)
        lease = give_away(leases, newest, here=here, to=to, made=_now())
        store.site.settle(here)
        store.leases.add(lease)
    return made


def take(store: Store, named: Selection, *, profile: str) -> Leased:
    """Take cells from the sites that have them, without asking: for sites that are lost.

    Parameters
    ----------
    store, named, profile
        As for `give`; cells that are done, or here, stay as they are.

    Raises
    ------
    StoreError
        The store is a copy, or none of the cells is at another site.
    NoSuchCell
        What was named fits no cell.
    CheckpointError
        A cell has checkpoints, and none of them verifies.
    """
    with store.exclusive():
        here = settle_site(store, profile)
        standings = _standings(store, named, here)
        taken = [one.cell for one in standings if one.state is CellState.ELSEWHERE]
        made = _leased(here, taken, standings, "is elsewhere")
        leases, newest = store.leases.resolved(), _newest(store, taken)
        store.leases.add(take_back(leases, newest, here=here, made=_now()))
    return made


def _standings(store: Store, named: Selection, here: str) -> list[Standing]:
    cells = named.cells(store.current_grid().cells)
    found = survey(store, cells, fresh=True, site=here)
    return [one for one in found if named.has(one.state, cause_of(one))]


def _leased(here: str, cells: Sequence[Cell], standings: Sequence[Standing], what: str) -> Leased:
    chosen = {cell.id for cell in cells}
    stay = tuple(one for one in standings if one.cell.id not in chosen)
    if not cells:
        hint = f"They are: {counted(stay)}"
        raise StoreError(f"none of these {len(standings)} cells {what}", hint=hint)
    return Leased(here=here, cells=tuple(cells), stay=stay)


def _newest(store: Store, cells: Sequence[Cell]) -> dict[str, Given | None]:
    found = ((cell.id, restore(store.cell(cell))) for cell in cells)
    return {
        cell_id: Given(step=rank(one)[1], sha256=one.sha256) if one else None
        for cell_id, one in found
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

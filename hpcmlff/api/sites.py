"""Several sites from Python: the commands ``lease`` and ``store merge`` as functions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.api.functions import AnyStore, opened
from hpcmlff.api.grid import profile_of, quiet
from hpcmlff.errors import StoreError
from hpcmlff.leasing import give, take
from hpcmlff.spec.selection import selection

if TYPE_CHECKING:
    from hpcmlff.leasing import Leased
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.merge_plan import Plan


def lease(
    store: AnyStore, *named: str, to: str, every: int = 1, profile: str | Profile | None = None
) -> Leased:
    """Give cells to another site, each with its newest checkpoint.

    Parameters
    ----------
    store
        See `hpcmlff.api.functions.AnyStore`.
    *named
        Which cells, as for `Store.status`; all if left out. Those that are done, or that a job
        has or another site, stay.
    to
        The site.
    every
        Give only every so many of those that can be given.
    profile
        Profile after which this site is called if it has no name yet.

    Raises
    ------
    StoreError
        The store is a copy, no cell is what was named, or none of them can be given.
    SchedulerError
        It could not be asked which cells have jobs.
    """
    found = opened(store).opened
    here = _here(found.site.here(), profile)
    return give(found, selection(named), to=to, profile=here, every=every)


def take_back(
    store: AnyStore, *named: str, force: bool = False, profile: str | Profile | None = None
) -> Leased:
    """Take cells from sites that are lost; one that still trains them trains them twice.

    Parameters
    ----------
    store, *named, profile
        As for `lease`.
    force
        Has to be said.

    Raises
    ------
    StoreError
        It was not, the store is a copy, or none of these cells is elsewhere.
    """
    if not force:
        raise StoreError("only what a site has that is lost is taken back", hint="Give force=True")
    found = opened(store).opened
    return take(found, selection(named), profile=_here(found.site.here(), profile))


def merge(other: str | Path, store: str | Path) -> Plan:
    """Bring the further cells of a copy of another site's store into one, and its leases.

    Parameters
    ----------
    other
        The copy, which is only read.
    store
        The store; made if it is not there.

    Returns
    -------
    Plan
        What was brought in, and the cells that have two results.

    Raises
    ------
    StoreError
        They do not belong together, or the copy lacks its leases.
    """
    from hpcmlff.store.joining import join

    return join(Path(other), Path(store)).plan


def _here(known: str, profile: str | Profile | None) -> str:
    return known or profile_of(profile, quiet).name

"""Which site a store is worked in, where its cells are leased to sites."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError

if TYPE_CHECKING:
    from hpcmlff.store.store import Store


def site_of(store: Store, profile: str, *, first: bool = False) -> str:
    """Return the site that a command works for; an empty text if nothing is leased.

    It is the one that the store has been settled for, else that of the profile's name.

    Parameters
    ----------
    store, profile
        The store, which is not written to, and the name of the profile.
    first
        Return it although nothing is leased yet.

    Raises
    ------
    StoreError
        The store is a copy of another one, or its site cannot be known.
    """
    leases, here = store.leases.resolved(), store.site.here()
    if copied := "" if here else store.site.stated():
        raise _is_copy(store, copied)
    if not (leases or first):
        return ""
    if not here and profile in leases.givers:
        path = shlex.quote(str(store.path))
        raise StoreError(
            f"another store is that of the site {profile!r}, after which the profile is called",
            where=str(store.path),
            hint=f"Give this site a name: python -m hpcmlff.lease {path} --here NAME",
        )
    return here or profile


def settle_site(store: Store, profile: str) -> str:
    """Return the same as `site_of`, and write down that this is the site's own store.

    Parameters
    ----------
    store, profile
        The store, held by its caller, and the name of the profile.

    Raises
    ------
    StoreError
        See `site_of`.
    """
    site = site_of(store, profile)
    if site and not store.site.here():
        store.site.settle(site)
    return site


def name_site(store: Store, site: str) -> None:
    """Write down that this is the own store of a site, whatever it was taken for.

    Raises
    ------
    StoreError
        It is another site's own store, or nothing is leased yet.
    """
    here = store.site.here()
    if here not in {"", site}:
        raise StoreError(f"is the store of the site {here!r} already", where=str(store.path))
    if not store.leases.resolved():
        raise StoreError(
            "nothing is leased yet, and the store trains all of its cells",
            where=str(store.path),
            hint="Name its site with the first lease: --here NAME --to SITE CELLS",
        )
    store.site.settle(site)


def _is_copy(store: Store, copied: str) -> StoreError:
    path = shlex.quote(str(store.path))
    return StoreError(
        f"is a copy of the store of the site {copied!r}, in which nothing is trained",
        where=str(store.path),
        hint=f"Bring it into a store of this site: python -m hpcmlff.store merge {path} STORE; "
        f"if the store itself was moved: python -m hpcmlff.lease {path} --here {copied}",
    )

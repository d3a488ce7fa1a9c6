"""The leases of another store that a merge brings in, and what they say of cells at two sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.spec.leases import resolve
from hpcmlff.store.leases import read_lease
from hpcmlff.store.merge_plan import Twice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.spec.leases import Leases
    from hpcmlff.store.merge_plan import Plan
    from hpcmlff.store.store import Store


def plan_leases(ours: Store, other: Store, plan: Plan) -> None:
    """Name the leases that are to be brought in; write nothing.

    Parameters
    ----------
    ours, other
        The two stores.
    plan
        Is told of them.

    Raises
    ------
    StoreError
        A lease is damaged, or the other store is a copy that lacks them: without them a cell
        might be trained twice, so nothing else is to be skipped for it.
    """
    known, theirs = ({path.name for path in one.leases.paths()} for one in (ours, other))
    if other.site.stated() and not theirs:
        raise StoreError(
            f"is a part of a copy of the store of the site {other.site.stated()!r}: its leases "
            "are missing",
            where=str(other.path),
            hint="Copy the store again; nothing was merged",
        )
    plan.leases = [read_lease(other.layout.leases / name) for name in sorted(theirs - known)]
    together = resolve([*map(read_lease, ours.leases.paths()), *plan.leases])
    plan.twice += [Twice(label=label, what=what) for label, what in in_dispute(together)]


def in_dispute(leases: Leases) -> Iterator[tuple[str, str]]:
    """Return each cell that two sites may be training by their leases, and what is said of it."""
    if more := ", ".join(sorted(leases.homes - {leases.home})):
        what = f"are at {leases.home}, and also at {more}, where leasing was begun as well"
        yield "cells of no lease", what
    for one in leases.disputes:
        others = ", ".join(one.others)
        yield one.cell, f"may be in training at {one.site} and at {others}; {one.site} has it"

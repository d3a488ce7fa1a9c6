"""Which site trains which cell where copies of a store are at several sites; pure.

A lease says that one site has given cells to another. Leases are never changed: stores that
meet join theirs, so it does not matter in which order they meet. Of a cell the lease of
the highest generation counts, and only the site that has the cell by it makes the next one.
So no two sites have a cell of one generation, unless one of them has taken it by force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcmlff.errors import StoreError
from hpcmlff.spec.lease import Given, Lease, Term


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Where a cell is."""

    site: str
    """The site that trains it."""
    by: str = ""
    """The site it came from; empty if it was always there."""
    generation: int = 0
    """Number of leases so far."""
    given: Given | None = None
    """The checkpoint it came with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """A cell that two sites have by leases of one generation, after one took it by force."""

    cell: str
    """The cell's id."""
    site: str
    """The site that has it by the lease that counts."""
    others: tuple[str, ...]
    """The others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leases:
    """What all leases together say."""

    home: str = ""
    """Site of the cells that were never leased; empty if there are no leases."""
    homes: frozenset[str] = frozenset()
    """More than one if several sites have made a first lease, not knowing of each other."""
    givers: frozenset[str] = frozenset()
    """Sites that have made leases: each of them has a store."""
    holds: Mapping[str, Hold] = field(default_factory=dict)
    """Id of each cell that was ever leased to where it is."""
    disputes: tuple[Dispute, ...] = ()
    """Cells that two sites may be training."""

    def __bool__(self) -> bool:
        return bool(self.home)

    def of(self, cell_id: str) -> Hold:
        """Return where a cell is."""
        return self.holds.get(cell_id) or Hold(site=self.home)


def resolve(found: Iterable[Lease]) -> Leases:
    """Return what leases say, whatever their order and however often each is named.

    Of one generation a lease by the site that had the cell comes before one by force, then
    digests decide, so that all stores come to the same.
    """
    leases = sorted({one.digest: one for one in found}.values(), key=lambda one: one.digest)
    terms: dict[str, list[tuple[Lease, Term]]] = {}
    for lease in leases:
        for cell, term in lease.cells.items():
            terms.setdefault(cell, []).append((lease, term))
    holds, disputes = {}, []
    for cell, told in terms.items():
        lease, term = max(told, key=_weight)
        sites = {other.to for other, its in told if its.generation == term.generation}
        holds[cell] = Hold(site=lease.to, by=lease.by, generation=term.generation, given=term.given)
        if others := sorted(sites - {lease.to}):
            disputes.append(Dispute(cell=cell, site=lease.to, others=tuple(others)))
    homes = frozenset(one.home for one in leases)
    return Leases(
        home=min(homes, default=""),
        homes=homes,
        givers=frozenset(one.by for one in leases),
        holds=holds,
        disputes=tuple(disputes),
    )


def give_away(
    leases: Leases, cells: Mapping[str, Given | None], *, here: str, to: str, made: str = ""
) -> Lease:
    """Return the lease by which this site gives cells to another one.

    Parameters
    ----------
    leases
        What is known here.
    cells
        Id of each cell to its newest checkpoint here.
    here, to
        This site, and the other one.
    made
        When, for people.

    Raises
    ------
    StoreError
        A cell is not this site's to give.
    """
    for cell in cells:
        if leases and (site := leases.of(cell).site) != here:
            raise StoreError(f"the cell {cell} is not at {here!r} but at {site!r}")
    return _lease(leases, cells, by=here, to=to, made=made)


def take_back(
    leases: Leases, cells: Mapping[str, Given | None], *, here: str, made: str = ""
) -> Lease:
    """Return the lease by which this site takes cells without the site that has them.

    Parameters
    ----------
    leases
        What is known here.
    cells
        Id of each cell to its newest checkpoint here.
    here
        This site.
    made
        When, for people.
    """
    return _lease(leases, cells, by=here, to=here, made=made, forced=True)


def _lease(leases: Leases, cells: Mapping[str, Given | None], *, by: str, **said: Any) -> Lease:
    terms = {
        cell: Term(generation=leases.of(cell).generation + 1, given=given)
        for cell, given in cells.items()
    }
    return Lease(by=by, home=leases.home or by, cells=terms, **said)


def _weight(told: tuple[Lease, Term]) -> tuple[int, bool, str]:
    lease, term = told
    return term.generation, not lease.forced, lease.digest

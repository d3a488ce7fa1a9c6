"""Which cells need a job, and which jobs these are to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.allotting import Subject, allot
from hpcmlff.estimates import kind_of
from hpcmlff.spec.plan import Batch, plan
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from hpcmlff.errors import GridError
    from hpcmlff.estimates import Estimates
    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.profile import Profile
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.frozen import FrozenGrid


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What is about to be submitted."""

    before: tuple[Standing, ...]
    """Where every cell stands."""
    chosen: tuple[Standing, ...]
    """Those that need a job."""
    needs: tuple[Need, ...]
    """What each of them needs, in the same order."""
    given: tuple[Resources, ...]
    """What each of them gets, in the same order."""
    batches: tuple[Batch, ...]
    """The jobs."""
    left_out: tuple[Standing, ...] = ()
    """Those that need a job and could not be trained by it."""
    refusal: GridError | None = None
    """Why not."""
    raised: frozenset[str] = frozenset()
    """Ids of the cells that get more memory than the grid says, having run out of it."""


def choose(standings: Iterable[Standing], *, retry_failed: bool) -> tuple[Standing, ...]:
    """Return the cells that are to be submitted."""
    wanted = {CellState.PENDING, CellState.STOPPED}
    wanted |= {CellState.FAILED} if retry_failed else set()
    return tuple(standing for standing in standings if standing.state in wanted)


def propose(
    profile: Profile,
    frozen: FrozenGrid,
    standings: Sequence[Standing],
    estimates: Estimates,
    *,
    retry_failed: bool,
    least_gb: Mapping[str, float] | None = None,
) -> Proposal:
    """Return the jobs for the cells that need one.

    Parameters
    ----------
    profile
        How jobs are run here.
    frozen
        The cells and what the grid says they may use.
    standings
        Where each cell stands.
    estimates
        What cells need.
    retry_failed
        Submit failed cells as well.
    least_gb
        Memory that cells get at the least, GiB, by their ids: those that ran out of less.

    Raises
    ------
    GridError
        A cell fits no partition, or could not be trained there.
    """
    found = propose_fitting(
        profile, frozen, standings, estimates, retry_failed=retry_failed, least_gb=least_gb
    )
    if found.refusal is not None:
        raise found.refusal
    return found


def propose_fitting(
    profile: Profile,
    frozen: FrozenGrid,
    standings: Sequence[Standing],
    estimates: Estimates,
    *,
    retry_failed: bool,
    least_gb: Mapping[str, float] | None = None,
) -> Proposal:
    """Return the jobs for those cells that can be trained, and name the others; see `propose`."""
    chosen = choose(standings, retry_failed=retry_failed)
    asked = dict(zip((cell.id for cell in frozen.cells), frozen.resources, strict=True))
    least = least_gb or {}
    subjects = [
        Subject(
            label=one.cell.label,
            kind=kind_of(one.cell),
            asked=asked[one.cell.id],
            least_gb=least.get(one.cell.id, 0.0),
        )
        for one in chosen
    ]
    found = allot(profile, estimates, subjects)
    pairs = list(zip(chosen, found.shares, strict=True))
    fitting = [(one, share) for one, share in pairs if share is not None]
    return Proposal(
        before=tuple(standings),
        chosen=tuple(one for one, _ in fitting),
        needs=tuple(share.need for _, share in fitting),
        given=tuple(share.resources for _, share in fitting),
        batches=plan(profile, [(one.cell, share.resources) for one, share in fitting]),
        left_out=tuple(one for one, share in pairs if share is None),
        refusal=found.refusal,
        raised=frozenset(one.cell.id for one, share in fitting if share.raised),
    )

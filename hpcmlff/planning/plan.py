"""What a submission would do, from a checked grid; nothing is written or submitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.announcing import facts_of_jobs, scripts
from hpcmlff.checking import draft_estimates
from hpcmlff.memory import least_memory
from hpcmlff.outlook.kinds import KindOutlook, outlook_by_kind
from hpcmlff.outlook.misfits import Misfit, misfits
from hpcmlff.outlook.totals import Totals, totals
from hpcmlff.prepare.sketch import cells_before_settling
from hpcmlff.proposal import choose, propose_fitting
from hpcmlff.reconcile import Standing, counts, survey
from hpcmlff.spec.states import CellState
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.layout import Layout
from hpcmlff.store.store import Store

if TYPE_CHECKING:
    from hpcmlff.prepare.draft import Draft
    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.profile import Profile


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """What a submission would do."""

    store: Store
    """The store; its folder need not exist yet."""
    profile: Profile
    """How jobs would be run."""
    unmade: tuple[str, ...]
    """Molecules whose frames are yet to be made."""
    proposal: Proposal
    """Where every cell stands, which of them would be submitted, and the jobs."""
    kinds: tuple[KindOutlook, ...]
    """What cells of each kind are expected to take."""
    totals: Totals
    """The same in all."""
    misfits: tuple[Misfit, ...]
    """What will not fit."""

    @property
    def states(self) -> dict[str, int]:
        """How many cells are in each state."""
        return counts(self.proposal.before)

    @property
    def scripts(self) -> list[str]:
        """The scripts of the jobs, one for all that differ in their cells only."""
        return scripts(self.store, self.profile, self.proposal)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, scripts included."""
        # Ids follow from the frames.
        ids = None if self.unmade else [one.cell.id for one in self.proposal.chosen]
        return {
            "store": str(self.store.path),
            "profile": self.profile.name,
            "states": self.states,
            "frames_to_make": list(self.unmade),
            "submitted": ids,
            **facts_of_jobs(self.profile, self.proposal),
            "kinds": [one.as_json() for one in self.kinds],
            "totals": self.totals.as_json(),
            "will_not_fit": [one.as_json() for one in self.misfits],
            "scripts": self.scripts,
        }


def make_plan(made: Draft, profile: Profile, *, retry_failed: bool) -> Plan:
    """Plan a submission.

    Cells that no job can hold are left out of the jobs and named among the misfits.

    Parameters
    ----------
    made
        The grid.
    profile
        How jobs are run here.
    retry_failed
        Plan for failed cells as well.
    """
    known = cells_before_settling(made)
    store = known.store or Store(Layout(made.store_path), made.grid.name)
    standings = (
        survey(store, known.cells, profile=profile)
        if known.store
        else [_new(one) for one in known.cells]
    )
    frozen = FrozenGrid(
        revision=0, grid={}, molecules={}, cells=known.cells, resources=made.resources
    )
    estimates = draft_estimates(made, profile.name)
    least_gb = least_memory(store, choose(standings, retry_failed=retry_failed))
    found = propose_fitting(
        profile, frozen, standings, estimates, retry_failed=retry_failed, least_gb=least_gb
    )
    kinds = outlook_by_kind(profile, found)
    sums = totals(profile, found.batches, kinds, store.path)
    return Plan(
        store=store,
        profile=profile,
        unmade=known.unmade,
        proposal=found,
        kinds=tuple(kinds),
        totals=sums,
        misfits=tuple(misfits(profile, found, kinds, sums, store.path)),
    )


def _new(cell: Any) -> Standing:
    return Standing(cell=cell, state=CellState.PENDING)

"""Giving the cells that need one a job."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import JobRefused
from hpcmlff.estimates import stored_estimates
from hpcmlff.executors.choice import executor_for
from hpcmlff.jobs import settle_intents, work_of
from hpcmlff.memory import least_memory
from hpcmlff.proposal import Proposal, choose, propose
from hpcmlff.reconcile import survey
from hpcmlff.sites import settle_site
from hpcmlff.spec.profile import ClusterProfile
from hpcmlff.store.ledger import Intent

if TYPE_CHECKING:
    from hpcmlff.executors.base import Executor
    from hpcmlff.spec.plan import Batch
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """What a submission found and did."""

    proposal: Proposal
    """What was to be done."""
    records: tuple[Record, ...]
    """The submissions made."""
    refusal: JobRefused | None = None
    """Why the rest was not taken for now."""

    @property
    def job_ids(self) -> list[str]:
        """The scheduler's names of the jobs."""
        return [str((record.job or {})["job_id"]) for record in self.records]

    @property
    def cells(self) -> list[str]:
        """Ids of the cells that have a job now."""
        return list(dict.fromkeys(cell for record in self.records for cell in record.cells))


def dispatch(
    store: Store,
    frozen: FrozenGrid,
    profile: Profile,
    *,
    retry_failed: bool,
    agree: Callable[[Proposal], bool] = lambda _: True,
) -> Dispatch:
    """Submit the cells that need it, and no others.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.
    profile
        How jobs are run here.
    retry_failed
        Submit failed cells as well.
    agree
        Asked before anything is submitted; False calls it off.

    Raises
    ------
    GridError
        A cell fits no partition, or could not be trained there.
    StoreError
        Another command is submitting to this store, or it is a copy of another site's.
    JobRefused
        The scheduler said no, and nothing was submitted.
    SchedulerError
        It could not be asked, or its answer was lost.
    """
    with store.exclusive():
        settle_intents(store)
        settle_site(store, profile.name)
        standings = survey(store, frozen.cells, fresh=True, profile=profile)
        estimates = stored_estimates(store, frozen, profile.name)
        proposal = propose(
            profile,
            frozen,
            standings,
            estimates,
            retry_failed=retry_failed,
            least_gb=least_memory(store, choose(standings, retry_failed=retry_failed)),
        )
        if not proposal.batches or not agree(proposal):
            return Dispatch(proposal=proposal, records=())
        made = Submission(
            store=store,
            profile=profile,
            revision=frozen.revision,
            raised=proposal.raised,
            made=[],
        )
        refusal = made.submit(proposal.batches, retry=retry_failed)
    return Dispatch(proposal=proposal, records=tuple(made.made), refusal=refusal)


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A submission under way; its caller holds the store's lock."""

    store: Store
    """The store."""
    profile: Profile
    """How jobs are run here."""
    revision: int
    """Revision of the frozen grid."""
    raised: frozenset[str]
    """Ids of the cells that get more memory than the grid says."""
    made: list[Record]
    """What the scheduler has taken."""

    def submit(self, batches: Iterable[Batch], *, retry: bool) -> JobRefused | None:
        """Submit batch after batch; return why the rest was not taken, if there was a limit.

        Raises
        ------
        JobRefused
            The scheduler said no for another reason; what it had taken is taken back.
        """
        executor = executor_for(self.profile)
        for batch in batches:
            try:
                self._submit(executor, batch, retry=retry)
            except JobRefused as error:
                if error.limit and self.made:
                    return error
                self._take_back(executor)
                raise
        return None

    def _submit(self, executor: Executor, batch: Batch, *, retry: bool) -> None:
        after = None
        for _ in range(self._links()):
            intent = Intent(
                profile=self.profile.model_dump(mode="json"),
                cells=tuple(cell.id for cell in batch.cells),
                mark=uuid.uuid4().hex[:12],
                revision=self.revision,
                placement=asdict(batch.placement),
                after=after,
                mem_gb=batch.mem_gb,
                retry=retry,
                raised=tuple(cell.id for cell in batch.cells if cell.id in self.raised),
            )
            record = self.store.ledger.intend(intent)
            try:
                job = executor.submit(work_of(self.store, record))
            except JobRefused:
                self.store.ledger.close(record)
                raise
            self.store.ledger.confirm(record, job)
            self.made.append(self.store.ledger.read(record.number))
            after = record.number

    def _links(self) -> int:
        profile = self.profile
        chained = isinstance(profile, ClusterProfile) and profile.requeue == "chain"
        return profile.chain_length if isinstance(profile, ClusterProfile) and chained else 1

    def _take_back(self, executor: Executor) -> None:
        for record in self.made:
            self.store.ledger.cancel(record)
        executor.cancel([record.job or {} for record in self.made])

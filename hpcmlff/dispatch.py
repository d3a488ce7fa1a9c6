"""Which cells need a job, and giving them one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.executors.base import Work
from hpcmlff.executors.choice import executor_for
from hpcmlff.reconcile import Standing, close_orphans, survey
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import FrozenGrid, Store

FUNCTION = "hpcmlff.worker.pack:run_pack"
"""What every job runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """What a submission found and did."""

    before: tuple[Standing, ...]
    """Where every cell stood."""
    chosen: tuple[Cell, ...]
    """Cells that need a job."""
    record: Record | None
    """The submission; None if there was none to make."""
    job_id: str = ""
    """The scheduler's name for the job."""


def choose(standings: Iterable[Standing], *, retry_failed: bool) -> tuple[Cell, ...]:
    """Return the cells that are to be submitted."""
    wanted = {CellState.PENDING, CellState.STOPPED}
    wanted |= {CellState.FAILED} if retry_failed else set()
    return tuple(standing.cell for standing in standings if standing.state in wanted)


def dispatch(store: Store, frozen: FrozenGrid, profile: Profile, *, retry_failed: bool) -> Dispatch:
    """Submit the cells that need it, and no others.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.
    profile
        How jobs are run here.
    retry_failed
        Submit failed cells as well.

    Raises
    ------
    StoreError
        Another command is submitting to this store.
    SchedulerError
        The job was refused.
    """
    with store.exclusive():
        close_orphans(store)
        before = tuple(survey(store, frozen.cells))
        chosen = choose(before, retry_failed=retry_failed)
        if not chosen:
            return Dispatch(before=before, chosen=chosen, record=None)
        record = store.ledger.intend(
            profile=profile.model_dump(mode="json"),
            cells=[cell.id for cell in chosen],
            mark=uuid.uuid4().hex,
            revision=frozen.revision,
        )
        job = executor_for(profile).submit(_work(store, profile, record.number))
        store.ledger.confirm(record, job)
    job_id = str(job["job_id"])
    return Dispatch(before=before, chosen=chosen, record=record, job_id=job_id)


def _work(store: Store, profile: Profile, number: int) -> Work:
    return Work(
        function=FUNCTION,
        arguments=(str(store.path), number),
        name=f"hpcmlff-{store.name}",
        folder=store.layout.private,
        gpus=profile.gpus,
        walltime_s=profile.walltime,
        grace_s=profile.grace,
    )

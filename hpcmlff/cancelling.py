"""Stopping jobs, or some of their cells: decided first, told, then done.

What is written into the ledger comes before any job is told: a job looks there before it is
run again, hands its cell on, or begins it. So it may be done twice, by two people at once, and
be cut off at any moment; what has not heard of it leaves by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.executors.choice import executor_for
from hpcmlff.jobs import confirmed_since, job_states
from hpcmlff.reconcile import survey
from hpcmlff.spec.profile import profile_from
from hpcmlff.spec.states import LIVE, CellState, JobState

if TYPE_CHECKING:
    from hpcmlff.executors.base import JobStates
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store

Wanted = Collection[str] | None
"""Ids of the cells that are meant; None for whatever jobs there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A job, and what of it is to stop."""

    record: Record
    """Its submission."""
    cells: tuple[str, ...]
    """Ids of the cells it still has and that are meant."""
    states: tuple[JobState, ...]
    """Where the job stands with each of them."""
    forever: bool
    """All of its cells are meant, those that it does not have any more as well."""
    whole: bool
    """It has no other cells any more: the scheduler is told to stop the job."""
    elements: tuple[int, ...] = ()
    """Elements that have no other cells any more, which the scheduler is told to stop; what is
    meant of others they leave by themselves."""

    @property
    def job_id(self) -> str:
        """The scheduler's name of the job."""
        return str((self.record.job or {})["job_id"])


def targets(store: Store, wanted: Wanted) -> list[Target]:
    """Return what would be stopped; asks the schedulers, with one call each."""
    live = job_states(store, fresh=True)
    found = (_target(store, number, states, wanted) for number, states in live.items())
    return [one for one in found if one is not None]


def counted(found: Iterable[Target]) -> dict[str, int]:
    """Return how many cells would be stopped, by how their jobs stand: ``running`` first."""
    order = (JobState.RUNNING, JobState.QUEUED, JobState.UNKNOWN)
    best: dict[str, JobState] = {}
    for one in found:
        for cell, state in zip(one.cells, one.states, strict=True):
            best[cell] = min(best.get(cell, state), state, key=order.index)
    number = Counter(best.values())
    return {state.value: number[state] for state in order if number[state]}


def stop(store: Store, found: Sequence[Target], wanted: Wanted) -> list[str]:
    """Ask jobs to stop; return their names.

    Parameters
    ----------
    store
        The store.
    found
        What `targets` returned.
    wanted
        What it was asked for.

    Raises
    ------
    SchedulerError
        A job could not be reached; what was written down holds all the same.
    """
    for one in found:
        # Written first: a job that is told to stop looks here before it asks to be run again.
        _write_down(store, one)
    _warn_submissions(store, wanted)
    everything = [*found, *_late(store, found, wanted)]
    by_profile: dict[str, list[Target]] = {}
    for one in everything:
        if one.whole or one.elements:
            by_profile.setdefault(one.record.profile["name"], []).append(one)
    for told in by_profile.values():
        executor = executor_for(profile_from(told[-1].record.profile))
        executor.cancel([one.record.job or {} for one in told], [one.elements for one in told])
    return [one.job_id for one in everything]


def _write_down(store: Store, one: Target) -> None:
    store.ledger.cancel(one.record, () if one.forever else one.cells)


def _target(store: Store, number: int, states: JobStates, wanted: Wanted) -> Target | None:
    record = store.ledger.read(number)
    known = _known(store, record, states)
    meant = {cell: at for cell, at in known.items() if wanted is None or cell in wanted}
    if not meant and wanted is not None:
        return None
    whole = len(meant) == len(known)
    at = _elements(record)
    others = {at[cell] for cell in known.keys() - meant.keys()}
    stopped = sorted({at[cell] for cell in meant} - others)
    return Target(
        record=record,
        cells=tuple(meant),
        states=tuple(meant.values()),
        forever=wanted is None or set(record.cells) <= set(wanted),
        whole=whole,
        elements=() if whole else tuple(stopped),
    )


def _elements(record: Record) -> dict[str, int]:
    return {cell: place // record.cells_per_element for place, cell in enumerate(record.cells)}


def _known(store: Store, record: Record, states: JobStates) -> dict[str, JobState]:
    """Return the cells that a live job still has."""
    if record.cells_per_element == 1:
        pairs = zip(record.cells, states, strict=True)
        return {cell: state for cell, state in pairs if state in LIVE}
    left = store.ledger.cancelled_cells(record.number)
    ids = set(record.cells) - left
    cells = [cell for cell in store.grids.read(record.revision).cells if cell.id in ids]
    at = {CellState.RUNNING: JobState.RUNNING, CellState.QUEUED: JobState.QUEUED}
    found = [one for one in survey(store, cells) if one.state in at]
    of = _elements(record)
    ours = [one for one in found if states[of[one.cell.id]] in LIVE]
    return {one.cell.id: at[one.state] for one in ours}


def _warn_submissions(store: Store, wanted: Wanted) -> None:
    """Tell submissions that are being made, or were cut off; their jobs leave by themselves."""
    for record in store.ledger.open_records():
        if record.job is None and (meant := _meant(record, wanted)):
            store.ledger.cancel(record, () if wanted is None else meant)


def _meant(record: Record, wanted: Wanted) -> tuple[str, ...]:
    return tuple(cell for cell in record.cells if wanted is None or cell in wanted)


def _late(store: Store, found: Sequence[Target], wanted: Wanted) -> list[Target]:
    """Return jobs that those to be stopped have submitted before they could know of it."""
    known = {one.record.number for one in found}
    late = [one for one in confirmed_since(store, known) if one.successor_of in known]
    made = [_successor(one, _meant(one, wanted)) for one in late if _meant(one, wanted)]
    for one in made:
        _write_down(store, one)
    return made


def _successor(record: Record, cells: tuple[str, ...]) -> Target:
    whole, states = cells == record.cells, (JobState.QUEUED,) * len(cells)
    return Target(record=record, cells=cells, states=states, forever=whole, whole=whole)

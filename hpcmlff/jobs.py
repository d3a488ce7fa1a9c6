"""The jobs of a store: what was submitted, and how the schedulers say it stands."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hpcmlff.diagnosis.endings import endings
from hpcmlff.executors.base import Work
from hpcmlff.executors.choice import executor_for
from hpcmlff.executors.job_output import outputs
from hpcmlff.files import changed_at, json_bytes, read_json, replacing
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, profile_from
from hpcmlff.spec.states import LIVE, JobState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hpcmlff.executors.base import Executor, JobStates
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store

ALL_IN_ONE = "hpcmlff.worker.pack:run_pack"
"""What a job runs that works through its cells side by side."""

ACCOUNTING_S = 60.0
"""Within this time accounting has heard of a job's end. Who submits goes on without its words
of a job that was alive so shortly before, but leaves them to the next look."""

ONE_EACH = "hpcmlff.worker.element:run_element"
"""What each element of an array runs, for its cell or its cells."""


def work_of(store: Store, record: Record) -> Work:
    """Return what a record stands for, so that it can be submitted, or looked for."""
    profile = profile_from(record.profile)
    before = None if record.after is None else store.ledger.read(record.after).job
    return Work(
        function=ONE_EACH if isinstance(profile, ClusterProfile) else ALL_IN_ONE,
        arguments=(str(store.path), record.number),
        name=f"hpcmlff-{store.name}-{record.mark}",
        folder=store.layout.private / record.mark,
        elements=record.elements,
        placement=Placement(**record.placement),
        grace_s=profile.grace,
        after=before,
    )


def settle_intents(store: Store) -> None:
    """Confirm or give up submissions that were cut off between intent and confirmation.

    Only for who holds the store's lock, or a submission under way would be given up. A
    job that did start looks at its record once it has confirmed it itself, and ends
    if it is closed; so its cells are not trained twice.

    Raises
    ------
    SchedulerError
        The scheduler could not be asked whether it has the job.
    """
    for record in store.ledger.open_records():
        if record.job is not None:
            continue
        executor = executor_for(profile_from(record.profile))
        found = executor.find(work_of(store, record))
        if found is None:
            store.ledger.close(record)
        else:
            store.ledger.confirm(record, found)


def job_states(store: Store, *, fresh: bool = False) -> dict[int, JobStates]:
    """Ask each scheduler once for all open jobs; return the live ones by ledger number.

    Jobs found to be over are closed in the ledger.

    Parameters
    ----------
    store
        The store.
    fresh
        Ask even if the last answer is younger than the profile's ``poll_interval``:
        for who is about to submit.
    """
    by_profile: dict[str, list[Record]] = {}
    for record in store.ledger.open_records():
        if record.job is not None:
            by_profile.setdefault(record.profile["name"], []).append(record)
    live: dict[int, JobStates] = {}
    for name, records in by_profile.items():
        profile = profile_from(records[-1].profile)
        executor = executor_for(profile)
        kept = None if fresh else _kept(store, name, records, profile.poll_interval)
        states = kept or _asked(store, name, records, executor)
        alive = dict(zip((record.number for record in records), states, strict=True))
        live |= {number: all_ for number, all_ in alive.items() if not LIVE.isdisjoint(all_)}
        over = [record for record in records if record.number not in live]
        if not kept:
            _close(store, executor, over, wait_for_causes=not fresh)
    asked = {record.number for records in by_profile.values() for record in records}
    if fresh and confirmed_since(store, asked):
        # A job that has ended since had submitted its successor before.
        return job_states(store, fresh=True)
    return live


def confirmed_since(store: Store, known: Collection[int]) -> list[Record]:
    """Return the open submissions with a job that are none of the known ones."""
    found = (one for one in store.ledger.open_records() if one.number not in known)
    return [one for one in found if one.job is not None]


def _close(
    store: Store, executor: Executor, over: Sequence[Record], *, wait_for_causes: bool
) -> None:
    if not over:
        return
    causes = executor.causes([record.job or {} for record in over])
    for record, known in zip(over, causes, strict=True):
        # Accounting lags behind by some seconds; who only looks comes again.
        complete = len(known) >= record.elements or not record.profile.get("accounting")
        if complete or not (wait_for_causes or _was_alive_just_now(store, record)):
            # Somebody who may only look at the store still gets an answer.
            with suppress(OSError):
                store.ledger.close(record, endings(store.layout.private / record.mark, known))


def _was_alive_just_now(store: Store, record: Record) -> bool:
    times = (changed_at(path) for _, path in outputs(store.layout.private / record.mark))
    newest = max((at for at in times if at is not None), default=0.0)
    return time.time() - newest < ACCOUNTING_S


def _asked(
    store: Store, name: str, records: Sequence[Record], executor: Executor
) -> list[JobStates]:
    states = executor.states([record.job or {} for record in records])
    letters = ["".join(_LETTER[state] for state in all_) for all_ in states]
    numbers = [record.number for record in records]
    facts = {"at": time.time(), "numbers": numbers, "states": letters}
    kept = read_json(store.layout.polled) or {}
    with suppress(OSError), replacing(store.layout.polled) as temporary:
        temporary.write_bytes(json_bytes({**kept, name: facts}))
    return states


def _kept(
    store: Store, name: str, records: Iterable[Record], interval_s: float
) -> list[JobStates] | None:
    kept: dict[str, Any] = (read_json(store.layout.polled) or {}).get(name, {})
    age_s = time.time() - kept.get("at", 0)
    if not 0 <= age_s < interval_s or kept["numbers"] != [one.number for one in records]:
        return None
    return [tuple(_STATE[letter] for letter in letters) for letters in kept["states"]]


_LETTER = {state: state.value[0] for state in JobState}
_STATE = {letter: state for state, letter in _LETTER.items()}

"""The job that goes on with a job's cells, submitted by the one whose time is ending.

Jobs do not take the store's lock, so a command may look at any moment. The scheduler has
the new job before the ledger shows it, and the ledger shows both at once: a command that finds
the record finds the job as well and gives nothing up. The new job waits for its record, and
leaves if there will be none; the old one is in the queue until it has written it. So at each
moment one job has a cell.

A job that PBS runs again, as after a lost node, leaves to the successor that its first run has
submitted; see `hpcmlff.worker.record.reason_to_leave`.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hpcmlff.errors import SchedulerError
from hpcmlff.worker.record import OVERTAKEN, is_newest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.executors.base import Job, Work
    from hpcmlff.executors.pbs_executor import OpenPbsExecutor
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.profile import PbsProfile
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store
    from hpcmlff.worker.record import Processes

RECORD_S = 120.0
"""Longest wait for the record; shared folders show it late."""

_LOOK_S = 0.2
_FROM_OUTSIDE = ("SIGTERM", "SIGINT")
"""Reasons to stop after which nobody is to go on: PBS runs preempted jobs again by itself."""


def submit_successor(
    store: Store,
    record: Record,
    cells: Sequence[Cell],
    processes: Processes,
    reason: str,
    mem_gb: float | None = None,
) -> str:
    """Submit the job that goes on with cells; return what became of it.

    Parameters
    ----------
    store, record, cells
        The store, this job's record, and its cells that are to go on.
    processes
        The processes of this job that trained them.
    reason
        Why this job was asked to stop; empty if it was not.
    mem_gb
        Memory of each cell in the next one, GiB, where it is more than in this one.
    """
    from hpcmlff.executors.pbs_executor import OpenPbsExecutor
    from hpcmlff.spec.profile import profile_from

    if reason in _FROM_OUTSIDE:
        return f"stopped by {reason}; PBS runs preempted jobs again by itself"
    executor = OpenPbsExecutor(cast("PbsProfile", profile_from(record.profile)))
    try:
        if why := _reason_to_leave():
            return f"stopped; no job goes on: {why}"
        work = _work(store, record, len(cells), mem_gb)
        job = executor.submit(work)
        made = _record(store, record, cells, work, job)
    except (SchedulerError, OSError) as error:
        return f"stopped; no job goes on: {error}"
    # Somebody may have come in between who could not see the record yet.
    if all(store.ledger.is_cancelled(record.number, cell.id) for cell in cells):
        return _take_back("cancelled", store, made, executor)
    if not all(is_newest(store, cell, processes) for cell in cells):
        return _take_back(f"stopped; {OVERTAKEN}", store, made, executor)
    return f"stopped; job {job['job_id']} goes on"


def run_successor(store_path: str, mark: str) -> str:
    """Wait for the record of this submission, then train its cells; what the job runs.

    Parameters
    ----------
    store_path
        Path of the store.
    mark
        The submission's mark.
    """
    from hpcmlff.store.store import open_store
    from hpcmlff.worker.element import run_element
    from hpcmlff.worker.stop import armed

    stop, store = armed(), open_store(Path(store_path))
    deadline = time.monotonic() + RECORD_S
    while not stop.reason and time.monotonic() < deadline:
        if found := _of_mark(store, mark):
            return run_element(store_path, found.number)
        time.sleep(_LOOK_S)
    outcome = f"nothing to do: {stop.reason or 'the submission was not written down'}"
    print(outcome, flush=True)  # noqa: T201 - the job's log
    return outcome


def _reason_to_leave() -> str:
    from hpcmlff.executors.pbs_node import reason_to_leave

    return reason_to_leave()


def _work(store: Store, record: Record, cells: int, mem_gb: float | None) -> Work:
    from hpcmlff.executors.base import Work
    from hpcmlff.spec.fitting import enlarged
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import profile_from
    from hpcmlff.spec.strict import seconds

    place = replace(Placement(**record.placement), parallel=1).for_cells(cells)
    if mem_gb is not None:
        profile = cast("PbsProfile", profile_from(record.profile))
        place = enlarged(profile, place, cells * mem_gb)
    mark = uuid.uuid4().hex[:12]
    return Work(
        function="hpcmlff.worker.successor:run_successor",
        arguments=(str(store.path), mark),
        name=f"hpcmlff-{store.name}-{mark}",
        folder=store.layout.private / mark,
        elements=1,
        placement=place,
        grace_s=seconds(record.profile["grace"]),
    )


def _record(store: Store, record: Record, cells: Sequence[Cell], work: Work, job: Job) -> Record:
    from dataclasses import asdict, fields

    from hpcmlff.executors import pbs_node
    from hpcmlff.executors.pbs_ids import read_id
    from hpcmlff.executors.pbs_successor import name_successor
    from hpcmlff.store.ledger import Intent

    known = {one.name: getattr(record, one.name) for one in fields(Intent)}
    ids = tuple(cell.id for cell in cells)
    own = {"cells": ids, "mark": work.folder.name, "placement": asdict(work.placement)}
    links = {"after": None, "retry": False, "successor_of": record.number}
    each_gb = work.placement.of_each_cell().mem_gb
    more = (one for one in ids if each_gb > record.memory_gb(one) or one in record.raised)
    own["raised"] = tuple(more)
    made = store.ledger.adopt(Intent(**known | own | links), job)
    before = store.layout.private / record.mark
    name_successor(before, pbs_node.name(), work.folder, read_id(str(job["job_id"])).safe)
    return made


def _take_back(outcome: str, store: Store, made: Record, executor: OpenPbsExecutor) -> str:
    store.ledger.cancel(made)
    job = made.job or {}
    try:
        executor.cancel([job])
    except SchedulerError as error:
        return f"{outcome}; job {job['job_id']} leaves by itself: {error}"
    return outcome


def _of_mark(store: Store, mark: str) -> Record | None:
    return next((one for one in store.ledger.newest_first() if one.mark == mark), None)

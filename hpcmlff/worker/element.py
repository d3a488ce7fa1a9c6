"""What one element of a job array runs: one cell, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from hpcmlff.errors import SchedulerError
from hpcmlff.worker.stop import armed

if TYPE_CHECKING:
    from hpcmlff.spec.profile import ClusterProfile
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store
    from hpcmlff.worker.stop import StopRequest


def run_element(store_path: str, number: int) -> str:
    """Train the cell of this element, and see to it that it goes on where it must stop.

    Parameters
    ----------
    store_path
        Path of the store.
    number
        The submission's number in the ledger.

    Returns
    -------
    str
        What became of it, for the job's log.

    Raises
    ------
    SystemExit
        The cell failed; the exit code is the error's, see `hpcmlff.errors`.
    """
    stop = armed()
    from hpcmlff.errors import EXIT_STOPPED_EARLY
    from hpcmlff.executors import slurm_node
    from hpcmlff.spec.profile import profile_from
    from hpcmlff.store.store import open_store
    from hpcmlff.worker.record import own_record, reason_to_leave

    store = open_store(Path(store_path))
    elements = len(store.ledger.read(number).cells)
    record = own_record(store, number, slurm_node.job(elements))
    profile = cast("ClusterProfile", profile_from(record.profile))
    cell = store.grids.find_cell(record.revision, record.cells[slurm_node.element()])
    if reason := reason_to_leave(store, record, store.cell(cell)):
        return f"nothing to do: {reason}"
    code = _train(store, record, profile, cell.id, stop)
    if code == EXIT_STOPPED_EARLY and stop.reason:
        return _arrange_successor(store, record, profile)
    if code not in {0, EXIT_STOPPED_EARLY}:
        raise SystemExit(code)
    return "done" if code == 0 else "another job has the cell"


def _train(
    store: Store, record: Record, profile: ClusterProfile, cell_id: str, stop: StopRequest
) -> int:
    from hpcmlff.executors.slurm_node import time_left_s
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.worker.age import process_age_s
    from hpcmlff.worker.cell import Order, run_order
    from hpcmlff.worker.pace import Pace

    place = record.placement
    granted_s = place["walltime_s"] - process_age_s()
    stop.end_in(min(granted_s, time_left_s() or granted_s) - profile.grace)
    order = Order(
        store=str(store.path),
        revision=record.revision,
        record=record.number,
        cell_id=cell_id,
        allocation=Allocation(
            threads=place["cpus"],
            mem_gb=place["mem_gb"],
            device="cuda" if place["gpus"] else "cpu",
        ),
        attempts_cap=profile.attempts_without_progress,
    )
    pace = Pace(stop=stop, report_s=profile.progress_interval, commit_s=profile.checkpoint_interval)
    return run_order(order, pace)


def _arrange_successor(store: Store, record: Record, profile: ClusterProfile) -> str:
    from hpcmlff.executors.slurm_node import requeue

    if store.ledger.is_cancelled(record.number):
        return "cancelled"
    if profile.requeue != "scheduler":
        return f"stopped; requeue is {profile.requeue!r}"
    try:
        refused = requeue()
    except SchedulerError as error:
        return f"stopped; not put back into the queue: {error}"
    return f"stopped; not put back into the queue: {refused}" if refused else "put back"

"""What one element of a job array runs: one cell, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import SchedulerError
from hpcmlff.spec.causes import Rule
from hpcmlff.worker.record import newest_diagnosis, says_stop
from hpcmlff.worker.stop import armed

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell
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
        What became of it, as the log says, too.

    Raises
    ------
    SystemExit
        The cell failed; the exit code is the error's, see `hpcmlff.errors`.
    """
    outcome, code = _run(store_path, number, armed())
    # Where the cell was begun this ends in its attempt's log.
    print(outcome, flush=True)  # noqa: T201
    if code:
        raise SystemExit(code)
    return outcome


def _run(store_path: str, number: int, stop: StopRequest) -> tuple[str, int]:
    """Return what became of it, and the exit code."""
    from hpcmlff.errors import EXIT_STOPPED_EARLY
    from hpcmlff.executors.node import node_of
    from hpcmlff.store.store import open_store
    from hpcmlff.worker.record import own_record, reason_to_leave

    store = open_store(Path(store_path))
    record = store.ledger.read(number)
    node = node_of(record.profile["scheduler"])
    if record.job is None:
        record = own_record(store, number, node.job(len(record.cells)))
    cell = store.grids.find_cell(record.revision, record.cells[node.element()])
    if reason := reason_to_leave(store, record, cell):
        return f"nothing to do: {reason}", 0
    code = _train(store, record, cell, stop)
    if code == EXIT_STOPPED_EARLY:
        asked = stop.reason
        told = (
            _arrange_successor(store, record, cell, asked) if asked else "another job has the cell"
        )
        return told, 0
    return ("done", 0) if code == 0 else (_after_failure(store, record, cell), code)


def _train(store: Store, record: Record, cell: Cell, stop: StopRequest) -> int:
    from hpcmlff.executors.node import node_of
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.spec.strict import seconds
    from hpcmlff.worker.age import process_age_s
    from hpcmlff.worker.cell import Order, run_order
    from hpcmlff.worker.pace import Pace

    # Its plain values: building the profile's class again costs as much as a short training.
    place, profile = record.placement, record.profile
    granted_s = place["walltime_s"] - process_age_s()
    node = node_of(profile["scheduler"])
    told_s = node.time_left_s() or granted_s
    stop.end_in(min(granted_s, told_s) - seconds(profile["grace"]))
    order = Order(
        store=str(store.path),
        revision=record.revision,
        record=record.number,
        cell_id=cell.id,
        allocation=Allocation(
            threads=place["cpus"],
            mem_gb=place["mem_gb"],
            device="cuda" if place["gpus"] else "cpu",
        ),
        attempts_cap=profile["attempts_without_progress"],
        run=node.run(),
    )
    pace = Pace(
        stop=stop,
        report_s=seconds(profile["progress_interval"]),
        commit_s=seconds(profile["checkpoint_interval"]),
    )
    return run_order(order, pace)


def _arrange_successor(store: Store, record: Record, cell: Cell, reason: str) -> str:
    if store.ledger.is_cancelled(record.number):
        return "cancelled"
    if says_stop(store, cell):
        return "stopped; on_failure says stop"
    policy = record.profile["requeue"]
    if policy != "scheduler":
        return f"stopped; requeue is {policy!r}"
    if record.profile["scheduler"] == "pbs":
        from hpcmlff.worker.successor import submit_successor

        return submit_successor(store, record, cell, reason)
    return _put_back()


def _after_failure(store: Store, record: Record, cell: Cell) -> str:
    """See to it that a failed cell goes on as the rule of its cause says; return what follows."""
    found = newest_diagnosis(store, cell)
    if found is None or found.rule is Rule.STOP:
        return "failed"
    cause, scheduler = f"failed: {found.cause}", record.profile["scheduler"]
    if record.profile["requeue"] != "scheduler" or store.ledger.is_cancelled(record.number):
        return f"{cause}; `resume` goes on"
    if scheduler == "pbs":
        from hpcmlff.worker.successor import submit_successor

        return f"{cause}; {submit_successor(store, record, cell, found.cause, found.mem_gb)}"
    # Slurm would run the same job again with the memory that it has.
    return f"{cause}; `resume` goes on" if found.mem_gb else f"{cause}; {_put_back()}"


def _put_back() -> str:
    from hpcmlff.executors.slurm_node import requeue

    try:
        refused = requeue()
    except SchedulerError as error:
        return f"stopped; not put back into the queue: {error}"
    return f"stopped; not put back into the queue: {refused}" if refused else "put back"

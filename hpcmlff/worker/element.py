"""What one element of a job array runs: one cell in this process, or several beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.worker.stop import armed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store
    from hpcmlff.worker.ending import Ran
    from hpcmlff.worker.stop import StopRequest


def run_element(store_path: str, number: int) -> str:
    """Train the cells of this element, and see to it that they go on where they must stop.

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
        A cell failed; the exit code is the error's, see `hpcmlff.errors`.
    """
    outcome, code = _run(store_path, number, armed())
    # Where the cell was begun in this process this ends in its attempt's log.
    print(outcome, flush=True)  # noqa: T201
    if code:
        raise SystemExit(code)
    return outcome


def _run(store_path: str, number: int, stop: StopRequest) -> tuple[str, int]:
    """Return what became of it, and the exit code."""
    from hpcmlff.executors.node import node_of
    from hpcmlff.store.store import open_store
    from hpcmlff.worker.ending import end
    from hpcmlff.worker.record import own_record, to_train

    store = open_store(Path(store_path))
    record = store.ledger.read(number)
    node = node_of(record.profile["scheduler"])
    if record.job is None:
        record = own_record(store, number, node.job(record.elements))
    cells = store.grids.find_cells(record.revision, record.cells_of(node.element()))
    own, reason = to_train(store, record, cells)
    if not own:
        return f"nothing to do: {reason}", 0
    _set_clock(record, stop)
    train = _train_here if record.cells_per_element == 1 else _train_beside
    return end(store, record, train(store, record, own, stop), stop.reason)


def _set_clock(record: Record, stop: StopRequest) -> None:
    from hpcmlff.executors.node import node_of
    from hpcmlff.spec.strict import seconds
    from hpcmlff.worker.age import process_age_s

    granted_s = record.placement["walltime_s"] - process_age_s()
    told_s = node_of(record.profile["scheduler"]).time_left_s() or granted_s
    stop.end_in(min(granted_s, told_s) - seconds(record.profile["grace"]))


def _train_here(store: Store, record: Record, cells: Sequence[Cell], stop: StopRequest) -> Ran:
    import os

    from hpcmlff.executors.node import node_of
    from hpcmlff.executors.processes import identify
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.spec.strict import seconds
    from hpcmlff.worker.cell import Order, run_order
    from hpcmlff.worker.ending import Ran
    from hpcmlff.worker.pace import Pace

    # Its plain values: building the profile's class again costs as much as a short training.
    [cell], place, profile = cells, record.placement, record.profile
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
        run=node_of(profile["scheduler"]).run(),
    )
    pace = Pace(
        stop=stop,
        report_s=seconds(profile["progress_interval"]),
        commit_s=seconds(profile["checkpoint_interval"]),
    )
    code = run_order(order, pace)
    return Ran(cells=(cell,), exits={cell.id: code}, processes=(identify(os.getpid()),))


def _train_beside(store: Store, record: Record, cells: Sequence[Cell], stop: StopRequest) -> Ran:
    from collections import deque

    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.strict import seconds
    from hpcmlff.store.headers import is_done
    from hpcmlff.worker import collector
    from hpcmlff.worker.ending import STOPPING_SHARE, Ran
    from hpcmlff.worker.pack import Pack
    from hpcmlff.worker.room import WholeJob

    collector.resume()
    share = Placement(**record.placement).of_each_cell()
    left = tuple(cell for cell in cells if not is_done(store.cell(cell)))
    pack = Pack(
        store=store,
        record=record,
        waiting=deque((cell, share) for cell in left),
        stop=stop,
        room=WholeJob(),
        patience_s=STOPPING_SHARE * seconds(record.profile["grace"]),
    )
    exits = pack.run()
    return Ran(cells=left, exits=exits, processes=tuple(pack.processes))

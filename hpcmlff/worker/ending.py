"""What follows when the cells of a job's element have run: they go on, or the job ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import EXIT_STOPPED_EARLY, SchedulerError
from hpcmlff.worker.record import OVERTAKEN, is_newest, to_train

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store

STOPPING_SHARE = 0.8
"""Part of the grace time in which cells side by side have to stop. The rest is for asking the
scheduler to go on: one that does not come to a safe point must not keep the others from it."""

_SIGNALLED = 128
"""Added to a signal's number in an exit code, as by shells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What became of an element's cells."""

    cells: tuple[Cell, ...]
    """Those that were trained."""
    exits: Mapping[str, int]
    """Cell id to exit code; below zero is the signal that killed it."""
    processes: tuple[Mapping[str, Any] | None, ...]
    """The processes that trained them."""

    @property
    def unfinished(self) -> tuple[Cell, ...]:
        """Cells that are neither done nor failed."""
        codes = ((cell, self.exits[cell.id]) for cell in self.cells)
        return tuple(cell for cell, code in codes if code < 0 or code == EXIT_STOPPED_EARLY)


def end(store: Store, record: Record, ran: Ran, reason: str) -> str:
    """See to it that unfinished cells go on as the profile says; return what became of it.

    Parameters
    ----------
    store, record
        The store and this job's record.
    ran
        Its cells.
    reason
        Why the job was asked to stop; empty if it was not.

    Raises
    ------
    SystemExit
        A cell failed or was killed, and no job goes on.
    """
    if reason and ran.unfinished:
        return _arrange_successor(store, record, ran, reason)
    if failed := [code for code in ran.exits.values() if code not in {0, EXIT_STOPPED_EARLY}]:
        raise SystemExit(failed[0] if failed[0] > 0 else _SIGNALLED - failed[0])
    left = [store.ledger.is_cancelled(record.number, cell.id) for cell in ran.unfinished]
    if all(left):
        return "cancelled" if left else "done"
    return "another job has the cell"


def _arrange_successor(store: Store, record: Record, ran: Ran, reason: str) -> str:
    if store.ledger.is_cancelled(record.number):
        return "cancelled"
    policy = record.profile["requeue"]
    if policy != "scheduler":
        return f"stopped; requeue is {policy!r}"
    own = [cell for cell in ran.unfinished if is_newest(store, cell, ran.processes)]
    cells, why = to_train(store, record, own)
    if not cells:
        return f"stopped; no job goes on: {why or OVERTAKEN}"
    if record.profile["scheduler"] == "pbs":
        from hpcmlff.worker.successor import submit_successor

        return submit_successor(store, record, cells, ran.processes, reason)
    return _put_back()


def _put_back() -> str:
    from hpcmlff.executors.slurm_node import requeue

    try:
        refused = requeue()
    except SchedulerError as error:
        return f"stopped; not put back into the queue: {error}"
    return f"stopped; not put back into the queue: {refused}" if refused else "put back"

"""What follows when the cells of a job's element have run: they go on, or the job ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import EXIT_STOPPED_EARLY, SchedulerError
from hpcmlff.spec.causes import Rule
from hpcmlff.worker.record import OVERTAKEN, is_newest, newest_diagnosis, to_train

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

    @property
    def failed(self) -> tuple[Cell, ...]:
        """Cells that ended with an error of their own."""
        codes = ((cell, self.exits[cell.id]) for cell in self.cells)
        return tuple(cell for cell, code in codes if code > 0 and code != EXIT_STOPPED_EARLY)

    @property
    def code(self) -> int:
        """Exit code of the first cell that failed or was killed; 0 if there is none."""
        codes = (code for code in self.exits.values() if code not in {0, EXIT_STOPPED_EARLY})
        found = next(codes, 0)
        return found if found >= 0 else _SIGNALLED - found


def end(store: Store, record: Record, ran: Ran, reason: str) -> tuple[str, int]:
    """See to it that cells go on as profile and rules say; return what became of it.

    Parameters
    ----------
    store, record
        The store and this job's record.
    ran
        Its cells.
    reason
        Why the job was asked to stop; empty if it was not.

    Returns
    -------
    str
        In words.
    int
        The job's exit code: that of a cell that failed or was killed, where no job goes on
        with those that are unfinished.
    """
    if reason and ran.unfinished:
        return _arrange_successor(store, record, ran, reason), 0
    if ran.code:
        return _after_failure(store, record, ran), ran.code
    left = [store.ledger.is_cancelled(record.number, cell.id) for cell in ran.unfinished]
    if all(left):
        return "cancelled" if left else "done", 0
    return "another job has the cell", 0


def _arrange_successor(store: Store, record: Record, ran: Ran, reason: str) -> str:
    if store.ledger.is_cancelled(record.number):
        return "cancelled"
    policy = record.profile["requeue"]
    if policy != "scheduler":
        return f"stopped; requeue is {policy!r}"
    open_cells = [*ran.unfinished, *ran.failed]
    own = [cell for cell in open_cells if is_newest(store, cell, ran.processes)]
    cells, why = to_train(store, record, own)
    if not cells:
        return f"stopped; no job goes on: {why or OVERTAKEN}"
    if record.profile["scheduler"] == "pbs":
        from hpcmlff.worker.successor import submit_successor

        return submit_successor(store, record, cells, ran.processes, reason)
    return _put_back()


def _after_failure(store: Store, record: Record, ran: Ran) -> str:
    """See to it that failed cells go on as the rules of their causes say; return what follows."""
    diagnosed = [(cell, newest_diagnosis(store, cell)) for cell in ran.failed]
    again = [(cell, found) for cell, found in diagnosed if found and found.rule is not Rule.STOP]
    if not again:
        return "failed" if ran.failed else "killed"
    failed = f"failed: {', '.join(dict.fromkeys(found.cause for _, found in again))}"
    if record.profile["requeue"] != "scheduler" or store.ledger.is_cancelled(record.number):
        return f"{failed}; `resume` goes on"
    if record.profile["scheduler"] == "pbs":
        from hpcmlff.worker.successor import submit_successor

        cells = [cell for cell, _ in again]
        mem_gb = max(found.mem_gb or 0.0 for _, found in again) or None
        return f"{failed}; {submit_successor(store, record, cells, ran.processes, '', mem_gb)}"
    # Slurm would run the same job again with the memory that it has.
    put_back = any(not found.mem_gb for _, found in again)
    return f"{failed}; {_put_back() if put_back else '`resume` goes on'}"


def _put_back() -> str:
    from hpcmlff.executors.slurm_node import requeue

    try:
        refused = requeue()
    except SchedulerError as error:
        return f"stopped; not put back into the queue: {error}"
    return f"stopped; not put back into the queue: {refused}" if refused else "put back"

"""One cell on a node: find it, claim an attempt, run it."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import EXIT_STOPPED_EARLY, StoreError, Superseded
from hpcmlff.executors.processes import identify
from hpcmlff.store.attempts import claim, describe, record_start
from hpcmlff.store.headers import is_done
from hpcmlff.store.holding import away_from_job
from hpcmlff.store.store import open_store
from hpcmlff.worker.after import after
from hpcmlff.worker.attempt import LOG, Attempt
from hpcmlff.worker.provenance import provenance

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.store import Store
    from hpcmlff.worker.pace import Pace


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a worker is asked to do."""

    store: str
    """Path of the store."""
    revision: int
    """Revision of the frozen grid."""
    record: int
    """Number of the submission in the ledger; 0 if started by hand."""
    cell_id: str
    """The cell."""
    allocation: Allocation
    """Threads, memory and device."""
    attempts_cap: int
    """The cell is given up after this many attempts in a row without a checkpoint."""
    run: int | None = None
    """How often the scheduler has run the job before; None if it does not say."""


def run_order(order: Order, pace: Pace) -> int:
    """Run one attempt of a cell, unless it is done.

    Returns
    -------
    int
        0 done, 75 stopped early, otherwise the error's code; see `hpcmlff.errors`.

    Raises
    ------
    HpcmlffError
        The store or the cell cannot be found.
    """
    store = open_store(Path(order.store))
    frozen = store.grids.head(order.revision)
    cell = store.grids.find_cell(order.revision, order.cell_id)
    folder = store.cell(cell)
    if is_done(folder):
        return 0
    _check_site(store, cell)
    if order.record and store.ledger.is_cancelled(order.record, cell.id):
        return EXIT_STOPPED_EARLY
    own = claim(folder)
    outside = _log_to(own)
    allocation = order.allocation
    facts = provenance(allocation.device, allocation.threads) | {"armed_s": pace.stop.armed_s}
    attempt = Attempt(
        allocation=allocation,
        frozen=frozen,
        cell=cell,
        folder=folder,
        own=own,
        pace=pace,
        facts=facts,
        record=order.record,
        outside=outside,
    )
    try:
        describe(folder, {"id": cell.id, **cell.identity()})
        process = identify(os.getpid())
        known = {"record": order.record, "run": order.run, "process": process}
        record_start(own, known | facts)
        if own.number > order.attempts_cap:
            _check_progress(store, cell, own, order)
        code = attempt.run(store)
    except Superseded as error:
        LOG.info("stopped: %s", error)
        return EXIT_STOPPED_EARLY
    except Exception as error:  # noqa: BLE001 - the attempt's end must be written down
        return attempt.fail(error)
    if code == 0:
        after(store, frozen, cell, allocation, pace.stop)
    return code


def _check_site(store: Store, cell: Cell) -> None:
    if away := away_from_job(store, cell):
        raise StoreError(away.why, where=cell.label)


def _check_progress(store: Store, cell: Cell, own: AttemptFolder, order: Order) -> None:
    from hpcmlff.diagnosis.wasted import refuse_wasted

    attempts = [one for one in store.cell(cell).attempts() if one.number <= own.number]
    refuse_wasted(store, cell, attempts, order.allocation.mem_gb, order.attempts_cap)


def _log_to(own: AttemptFolder) -> int:
    """Send what is printed to the attempt's log; return the old standard error."""
    outside = os.dup(2)
    descriptor = os.open(own.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for target in (1, 2):
        os.dup2(descriptor, target)
    os.close(descriptor)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    return outside

"""What a job does with a cell that is done, while it has time left."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hpcmlff.simulation.watch import Watch
from hpcmlff.worker.provenance import provenance

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.frozen import FrozenHead
    from hpcmlff.store.store import Store
    from hpcmlff.worker.stop import StopRequest

_LOG = logging.getLogger("hpcmlff")
_KEPT = ("host", "cpu", "threads", "packages", "git_commit")


def after(
    store: Store, frozen: FrozenHead, cell: Cell, allocation: Allocation, stop: StopRequest
) -> None:
    """Run the simulations that the grid asks for; the cell stays done whatever happens.

    What is stopped is kept, and goes on by ``python -m hpcmlff.evaluate``.

    Parameters
    ----------
    store, frozen, cell
        The store, the grid's revision, and the finished cell.
    allocation
        Threads, memory and device.
    stop
        Tells when the job has to end.
    """
    if not {"md", "scan"} & set(frozen.grid.get("evaluate", ())):
        return
    # Imported here: most grids ask for nothing.
    from hpcmlff.worker.evaluating import evaluate, wanted

    watch = Watch(should_stop=lambda: bool(stop.reason), origin=origin(allocation))
    try:
        for kind, summary in evaluate(store, wanted(frozen.grid), cell, allocation, watch):
            _LOG.info("%s: %s", kind, "done" if summary else f"stopped: {stop.reason}")
    except Exception as error:  # noqa: BLE001 - the log is where it ends
        _LOG.error("a simulation failed; the cell is done", exc_info=error)


def origin(allocation: Allocation) -> dict[str, object]:
    """Return what is kept of where a simulation was run: its last bits depend on it."""
    made = provenance(allocation.device, allocation.threads)
    return {name: made[name] for name in _KEPT}

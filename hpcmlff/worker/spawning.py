"""Starting the process that trains one cell of several."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from hpcmlff.spec.strict import seconds
from hpcmlff.spec.threads import thread_environment
from hpcmlff.worker.stop import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store
    from hpcmlff.worker.room import Seat


def spawn(
    record: Record, store: Store, cell: Cell, seat: Seat, left_s: float | None
) -> subprocess.Popen[bytes]:
    """Start a cell's worker.

    Signals are held back until it has its handlers: it would die of what a scheduler sends
    to all processes of a job.

    Parameters
    ----------
    record, store, cell
        The submission, the store and the cell.
    seat
        What the cell has.
    left_s
        Seconds after which it is to stop; None for no end.

    Raises
    ------
    OSError
        There can be no more processes.
    """
    words = [str(word) for pair in _options(record, store, cell, seat).items() for word in pair]
    words += [] if left_s is None else ["--deadline-s", str(left_s)]
    environment = os.environ | thread_environment(seat.resources.cpus) | dict(seat.variables)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        command = [sys.executable, "-m", "hpcmlff.worker", *words]
        return subprocess.Popen(command, env=environment)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _options(record: Record, store: Store, cell: Cell, seat: Seat) -> Mapping[str, Any]:
    # Plain values of the profile: building its class costs as much as a short training.
    profile, share = record.profile, seat.resources
    return {
        "--store": store.path,
        "--cell": cell.id,
        "--revision": record.revision,
        "--record": record.number,
        "--threads": share.cpus,
        "--mem-gb": share.mem_gb,
        "--device": "cuda" if share.gpus else "cpu",
        "--parent": os.getpid(),
        "--commit-s": seconds(profile["checkpoint_interval"]),
        "--report-s": seconds(profile["progress_interval"]),
        "--attempts-cap": profile["attempts_without_progress"],
        **_run(profile["scheduler"]),
    }


def _run(scheduler: str) -> Mapping[str, int]:
    if scheduler == "local":
        return {}
    from hpcmlff.executors.node import node_of

    run = node_of(scheduler).run()
    return {} if run is None else {"--run": run}

"""Several cells side by side in one job, each in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import EXIT_STOPPED_EARLY, SchedulerError
from hpcmlff.executors.processes import identify
from hpcmlff.spec.strict import seconds
from hpcmlff.store.store import open_store
from hpcmlff.worker.deaths import Death, Deaths
from hpcmlff.worker.record import own_record
from hpcmlff.worker.room import machine_of
from hpcmlff.worker.shares import shares
from hpcmlff.worker.spawning import spawn
from hpcmlff.worker.stop import StopRequest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Collection, Mapping

    from hpcmlff.executors.base import Job
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store
    from hpcmlff.worker.room import Room, Seat

_WORDS = {0: "done", EXIT_STOPPED_EARLY: "stopped"}
_LOOK_S, _REST_S = 0.05, 0.2
"""Time between two looks at the running cells; the longer one where none waits for their place."""


@dataclass(kw_only=True, slots=True)
class Running:
    """A cell's process."""

    cell: Cell
    """What it trains."""
    seat: Seat
    """What it has."""
    process: subprocess.Popen[bytes]
    """The worker."""
    identity: Mapping[str, Any] | None
    """What tells it from every other process; None if it was gone at once."""
    told: float | None = None
    """When it alone was asked to stop; None if it was not."""


@dataclass(kw_only=True, slots=True)
class Pack:
    """The cells of one job."""

    store: Store
    """The store."""
    record: Record
    """The submission."""
    waiting: deque[tuple[Cell, Resources]]
    """Cells not yet started."""
    stop: StopRequest
    """Why to stop, if there is a reason."""
    room: Room
    """Where cells get their share from."""
    patience_s: float
    """Time that cells get to stop before they are killed."""
    running: list[Running] = field(default_factory=list)
    """Cells in training."""
    exits: dict[str, int] = field(default_factory=dict)
    """Cell id to its worker's exit code; below zero is the signal that killed it."""
    processes: list[Mapping[str, Any]] = field(default_factory=list)
    """All workers so far."""
    looked: float = float("-inf")
    """When it was last looked for cells that are to be left."""
    deaths: Deaths = field(default_factory=Deaths)
    """Writes down how those ended that could not do it themselves."""

    def run(self) -> dict[str, int]:
        """Work through the cells; return each one's exit code.

        A failing cell does not harm its neighbours. Asked to stop, the pack passes
        the request on, lets every cell commit, and starts no more.
        """
        while self.running or (self.waiting and not self.stop.reason):
            self._heed_cancels()
            self.deaths.look()
            self._start_what_fits()
            self._collect()
            if self.stop.reason:
                self._stop_all()
            time.sleep(_LOOK_S if self.waiting else _REST_S)
        self.exits |= {cell.id: EXIT_STOPPED_EARLY for cell, _ in self.waiting}
        return self.exits

    def _heed_cancels(self) -> None:
        if time.monotonic() - self.looked < seconds(self.record.profile["progress_interval"]):
            return
        self.looked = time.monotonic()
        if cancelled := self.store.ledger.cancelled_cells(self.record.number):
            self._leave(cancelled)

    def _leave(self, cancelled: Collection[str]) -> None:
        """Begin none of these cells, and stop those that run."""
        for cell, _ in self.waiting:
            if cell.id in cancelled:
                self._note(cell, EXIT_STOPPED_EARLY, "cancelled")
        self.waiting = deque(one for one in self.waiting if one[0].id not in cancelled)
        for one in (one for one in self.running if one.cell.id in cancelled):
            if one.told is None:
                one.told = time.monotonic()
                one.process.terminate()
            elif time.monotonic() - one.told > self.patience_s:
                one.process.kill()

    def _start_what_fits(self) -> None:
        for _ in range(len(self.waiting)):
            cell, wanted = self.waiting.popleft()
            seat = None if self.stop.reason else self.room.take(wanted)
            if seat is None:
                self.waiting.append((cell, wanted))
            else:
                self._start(cell, seat)

    def _start(self, cell: Cell, seat: Seat) -> None:
        try:
            process = spawn(self.record, self.store, cell, seat, self.stop.left_s)
        except OSError as error:
            self.room.leave(seat)
            self._note(cell, SchedulerError.exit_code, f"could not be started: {error}")
            return
        one = Running(cell=cell, seat=seat, process=process, identity=identify(process.pid))
        self.running.append(one)
        self.processes += [one.identity] if one.identity else []

    def _collect(self) -> None:
        for one in [one for one in self.running if one.process.poll() is not None]:
            self._end(one)

    def _stop_all(self) -> None:
        for one in self.running:
            # Those that a clock stops have one of their own.
            if self.stop.signal is not None:
                one.process.send_signal(self.stop.signal)
        deadline = time.monotonic() + self.patience_s
        while self.running and time.monotonic() < deadline:
            self._collect()
            time.sleep(_LOOK_S)
        for one in list(self.running):
            one.process.kill()
            one.process.wait()
            self._end(one, f"it did not come to a safe point within {self.patience_s:.0f} s")

    def _end(self, one: Running, why: str = "its process was killed") -> None:
        self.running.remove(one)
        self.room.leave(one.seat)
        code = one.process.returncode
        if code < 0:
            asked = self.stop.reason or ("" if one.told is None else signal.SIGTERM.name)
            death = Death(signal=signal.Signals(-code).name, reason=why, asked=asked)
            told = self.deaths.note(self.store.cell(one.cell), one.identity, death)
            if told is None:
                self._note(one.cell, code, str(death))
                return
            code = told
        self._note(one.cell, code, _WORDS.get(code, f"exit code {code}"))

    def _note(self, cell: Cell, code: int, words: str) -> None:
        self.exits[cell.id] = code
        print(f"{cell.label}: {words}", flush=True)  # noqa: T201 - the job's log


def run_pack(store_path: str, number: int) -> dict[str, int]:
    """Work through the cells of one submission; what a job of this machine runs.

    Parameters
    ----------
    store_path
        Path of the store.
    number
        The submission's number in the ledger.

    Returns
    -------
    dict
        Cell id to exit code.
    """
    parent = os.getppid()
    stop = StopRequest(parent=parent)
    stop.arm()
    store = open_store(Path(store_path))
    record = own_record(store, number, _job(parent))
    if record.ended:
        return {}
    pack = Pack(
        store=store,
        record=record,
        waiting=deque(shares(store.grids.read(record.revision), record)),
        stop=stop,
        room=machine_of(store, record),
        patience_s=seconds(record.profile["grace"]),
    )
    exits = pack.run()
    store.ledger.close(record)
    return exits


def _job(controller: int) -> Job:
    job_id = os.environ.get("SUBMITIT_LOCAL_JOB_ID", str(controller))
    return {"job_id": job_id, "process": identify(controller)}

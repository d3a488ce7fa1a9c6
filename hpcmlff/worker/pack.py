"""Several cells side by side in one job, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from signal import SIGTERM, SIGUSR2
from typing import TYPE_CHECKING, cast

from hpcmlff.errors import EXIT_STOPPED_EARLY
from hpcmlff.executors.capacity import Capacity, capacity_of
from hpcmlff.executors.processes import identify
from hpcmlff.spec.profile import profile_from
from hpcmlff.spec.threads import thread_environment
from hpcmlff.store.store import open_store
from hpcmlff.worker.deaths import Deaths
from hpcmlff.worker.neighbours import used_by_others
from hpcmlff.worker.record import own_record
from hpcmlff.worker.shares import shares
from hpcmlff.worker.stop import StopRequest

if TYPE_CHECKING:
    from hpcmlff.executors.base import Job
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.profile import LocalProfile
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.store import Store

_LOOK_S = 0.05
"""Time between two looks at the running cells."""


@dataclass(kw_only=True, slots=True)
class Running:
    """A cell's process."""

    cell: Cell
    """What it trains."""
    resources: Resources
    """Its share."""
    gpus: tuple[int, ...]
    """Numbers of its GPUs."""
    process: subprocess.Popen[bytes]
    """The worker."""


@dataclass(kw_only=True, slots=True)
class Pack:
    """The cells of one job."""

    store: Store
    """The store."""
    record: int
    """Number of the submission in the ledger."""
    revision: int
    """Revision of the frozen grid."""
    profile: LocalProfile
    """How this machine is used."""
    waiting: deque[tuple[Cell, Resources]]
    """Cells not yet started."""
    stop: StopRequest
    """Why to stop, if there is a reason."""
    capacity: Capacity
    """What the job may use in all."""
    free_gpus: list[int]
    """Numbers of the GPUs not in use."""
    running: list[Running] = field(default_factory=list)
    """Cells in training."""
    exits: dict[str, int] = field(default_factory=dict)
    """Cell id to its worker's exit code."""
    others: list[Resources] = field(default_factory=list)
    """What other jobs of the store are using here."""
    looked: float = float("-inf")
    """When that was found out."""
    deaths: Deaths = field(default_factory=Deaths)
    """Writes down how those ended that could not do it themselves."""

    def run(self) -> dict[str, int]:
        """Work through the cells; return each one's exit code.

        A failing cell does not harm its neighbours. Asked to stop, the pack passes
        the request on, lets every cell commit, and starts no more.
        """
        while self.running or (self.waiting and not self.stop.reason):
            self.deaths.look()
            self._start_what_fits()
            self._collect()
            if self.stop.reason:
                self._stop_all()
            time.sleep(_LOOK_S)
        return self.exits

    def _start_what_fits(self) -> None:
        # Looked at seldom: another job's cell may start a moment later all the same.
        if self.waiting and time.monotonic() - self.looked >= self.profile.progress_interval:
            self.others = used_by_others(self.store, self.record)
            self.looked = time.monotonic()
        for _ in range(len(self.waiting)):
            cell, resources = self.waiting.popleft()
            if self.stop.reason or not self._free().fits(resources):
                self.waiting.append((cell, resources))
                continue
            gpus = tuple(self.free_gpus[: resources.gpus])
            self.free_gpus = self.free_gpus[resources.gpus :]
            process = self._spawn(cell, resources, gpus)
            self.running.append(Running(cell=cell, resources=resources, gpus=gpus, process=process))

    def _spawn(
        self, cell: Cell, resources: Resources, gpus: tuple[int, ...]
    ) -> subprocess.Popen[bytes]:
        command = {
            "--store": self.store.path,
            "--cell": cell.id,
            "--revision": self.revision,
            "--record": self.record,
            "--threads": resources.cpus,
            "--mem-gb": resources.mem_gb,
            "--device": "cuda" if gpus else "cpu",
            "--parent": os.getpid(),
            "--commit-s": self.profile.checkpoint_interval,
            "--report-s": self.profile.progress_interval,
            "--attempts-cap": self.profile.attempts_without_progress,
        }
        words = [str(word) for pair in command.items() for word in pair]
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))}
        environment = os.environ | thread_environment(resources.cpus) | visible
        return subprocess.Popen([sys.executable, "-m", "hpcmlff.worker", *words], env=environment)

    def _collect(self) -> None:
        for one in [one for one in self.running if one.process.poll() is not None]:
            self.running.remove(one)
            self.exits[one.cell.id] = one.process.returncode
            self.free_gpus += one.gpus
            self.deaths.note(self.store.cell(one.cell), one.process, self.stop.reason)

    def _free(self) -> Capacity:
        # Counted anew each time: adding and taking away GiB would drift.
        used = [*self.others, *(one.resources for one in self.running)]
        return reduce(Capacity.less, used, self.capacity)

    def _stop_all(self) -> None:
        # The end of the walltime is passed on as what it is.
        told = SIGUSR2 if self.stop.reason == SIGUSR2.name else SIGTERM
        for one in self.running:
            one.process.send_signal(told)
        deadline = time.monotonic() + self.profile.grace
        for one in self.running:
            try:
                one.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()
        for cell, _ in self.waiting:
            self.exits[cell.id] = EXIT_STOPPED_EARLY


def run_pack(store_path: str, number: int) -> dict[str, int]:
    """Work through the cells of one submission; what a job runs.

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
    profile = cast("LocalProfile", profile_from(record.profile))
    capacity = capacity_of(profile)
    pack = Pack(
        store=store,
        record=number,
        revision=record.revision,
        profile=profile,
        waiting=deque(shares(store.grids.read(record.revision), record)),
        stop=stop,
        capacity=capacity,
        free_gpus=list(range(capacity.gpus)),
    )
    exits = pack.run()
    store.ledger.close(record)
    return exits


def _job(controller: int) -> Job:
    job_id = os.environ.get("SUBMITIT_LOCAL_JOB_ID", str(controller))
    return {"job_id": job_id, "process": identify(controller)}

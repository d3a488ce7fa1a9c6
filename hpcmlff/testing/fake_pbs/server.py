"""The server: its jobs, its nodes and its clock."""

from __future__ import annotations

import getpass
import heapq
import itertools
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hpcmlff.testing.fake_pbs.ids import split_id
from hpcmlff.testing.fake_pbs.job import Attempt, Job
from hpcmlff.testing.fake_pbs.mom import Mom
from hpcmlff.testing.fake_pbs.options import FakePbsOptions, FakeQueue, spool_folders
from hpcmlff.testing.fake_pbs.refusal import unknown_job

_LONGEST_SLEEP_S = 3600.0
"""select(2) takes no more than some weeks."""


@dataclass(kw_only=True)
class State:
    """What outlives the server's process, in ``server_priv/jobs``."""

    jobs: dict[str, Job] = field(default_factory=dict)
    """Single jobs and arrays by id, finished ones among them while history keeps them."""
    sequence: int = 0
    """Number of the next job."""
    down: set[str] = field(default_factory=set)
    """Names of lost nodes."""
    cookies: list[str] = field(default_factory=list)
    """``$PBS_JOBCOOKIE`` of all attempts ever."""


class Server:
    """Holds everything the commands ask for and change.

    Parameters
    ----------
    folder
        Folder of its own.
    options
        What it is like.
    """

    def __init__(self, folder: Path, options: FakePbsOptions) -> None:
        self.folder = folder
        self.options = options
        for path in spool_folders(folder):
            path.mkdir(parents=True, exist_ok=True)
        home = Path(options.home or folder / "home")
        self.mom = Mom(folder, home, options.job_environment)
        self.user = getpass.getuser()
        self.state = self._read()
        self.running: dict[str, Job] = {}
        self.attempts: dict[int, tuple[Job, Attempt]] = {}
        self.answer_s = options.answer_s
        self.is_down = False
        self.launches_fail = False
        self.stirred = True
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._saved_until = 0.0
        self._saves_later = False

    @property
    def _file(self) -> Path:
        return self.folder / "server_priv" / "jobs"

    def _read(self) -> State:
        if not self._file.exists():
            return State()
        state = pickle.loads(self._file.read_bytes())  # noqa: S301 - written below
        assert isinstance(state, State)
        return state

    def save_soon(self) -> None:
        """Save, but spend no more than a tenth of the time on that."""
        now = time.monotonic()
        if now >= self._saved_until:
            self.save()
            self._saved_until = now + 10 * (time.monotonic() - now)
        elif not self._saves_later:
            self._saves_later = True
            self.later(self._saved_until - now, self.save)

    def save(self) -> None:
        """Write the state to its file, so that a new server goes on from here."""
        self._saves_later = False
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(pickle.dumps(self.state))
        fresh.replace(self._file)

    def log(self, job: Job, text: str) -> None:
        """Add a line to the server's log."""
        stamp = time.strftime("%m/%d/%Y %H:%M:%S")
        line = f"{stamp};0008;Server@{self.options.server};Job;{job.id};{text}\n"
        with (self.folder / "server_logs" / "log").open("a", encoding="utf-8") as file:
            file.write(line)

    def touch(self, job: Job) -> None:
        """Note that a job has changed."""
        job.mtime = time.time()
        self.stirred = True

    def sees(self, job: Job, attempt: Attempt) -> bool:
        """Tell whether an attempt is the job's present one and its node is there."""
        return job.attempt is attempt and attempt.node not in self.state.down

    def queue(self, job: Job) -> FakeQueue:
        """Return the queue of a job."""
        return next(one for one in self.options.queues if one.name == job.request.queue)

    def find(self, job_id: str) -> Job:
        """Return a job, an array or an element.

        Raises
        ------
        RefusalError
            It is not known.
        """
        whole, index = split_id(job_id)
        job = self.state.jobs.get(whole)
        if job is not None and index is not None:
            job = job.elements.get(index)
        if job is None:
            raise unknown_job(job_id)
        return job

    def elements(self, job: Job) -> list[Job]:
        """Return the elements of an array, or the job itself."""
        return list(job.elements.values()) if job.is_array else [job]

    def everything(self) -> Iterator[Job]:
        """Yield all single jobs and elements."""
        for job in self.state.jobs.values():
            yield from self.elements(job)

    def later(self, delay_s: float, act: Callable[[], None]) -> None:
        """Do something after a while."""
        heapq.heappush(self._timers, (time.monotonic() + delay_s, next(self._count), act))

    def next_s(self) -> float | None:
        """Return how long nothing is to be done, seconds; None is until somebody asks."""
        if not self._timers:
            return None
        return min(_LONGEST_SLEEP_S, max(0.0, self._timers[0][0] - time.monotonic()))

    def act(self) -> None:
        """Do what is due."""
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()

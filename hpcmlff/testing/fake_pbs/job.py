"""Jobs of the fake server and their attempts: how far they are."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpcmlff.testing.fake_pbs.request import Chunk, Dependency, Request


@dataclass(frozen=True, kw_only=True)
class Share:
    """A chunk of a running job on a node."""

    node: str
    """Name of the node."""
    slot: int
    """Number of the chunk on its node."""
    chunk: Chunk
    """What it takes."""


@dataclass(kw_only=True, eq=False)
class Attempt:
    """One run of a job; its processes may outlive what PBS knows of them."""

    session: int
    """Session and process id of the job's first process; 0 if it could not be started."""
    node: str
    """The node."""
    cookie: str
    """``$PBS_JOBCOOKIE``, by which its processes are found."""
    tmpdir: str
    """``$TMPDIR``, removed at the end."""
    reason: str = ""
    """Why it was told to stop: walltime, mem, delete, force or requeue."""
    suspended: bool = False
    """Whether its processes are stopped."""


@dataclass(kw_only=True, eq=False)
class Job:
    """A single job, an array or an element; the server changes it."""

    id: str
    """Full id."""
    sequence: int
    """Number in it."""
    request: Request
    """What was asked for."""
    owner: str
    """``Job_Owner``."""
    rank: int
    """``queue_rank``: microseconds since the epoch."""
    ctime: float
    """When it was submitted."""
    mtime: float
    """When it changed."""
    state: str = "Q"
    """Letter."""
    substate: int = 10
    """OpenPBS's number for what it does inside its state."""
    hold: str = "n"
    """``Hold_Types``: n, or letters of u and s."""
    depend: tuple[Dependency, ...] = ()
    """Conditions not met yet."""
    etime: float | None = None
    """When it could have run first."""
    stime: float | None = None
    """When it started."""
    ended: float | None = None
    """When it ended."""
    comment: str = ""
    """What PBS says about it."""
    terminator: str = ""
    """What is added to the comment of a deleted job."""
    exit_status: int | None = None
    """Of the last attempt."""
    run_count: int = 0
    """Attempts begun."""
    shares: tuple[Share, ...] = ()
    """What it runs on."""
    attempt: Attempt | None = None
    """The attempt that PBS knows of."""
    session: int = 0
    """Session of the last attempt, once it has ended."""
    used: dict[str, str | int] = field(default_factory=dict)
    """``resources_used``."""
    parent: Job | None = None
    """The array of an element."""
    index: int | None = None
    """Index of an element."""
    elements: dict[int, Job] = field(default_factory=dict)
    """Elements of an array, by index."""
    waiting: list[int] = field(default_factory=list)
    """Indices of an array's elements in Q, the next one last."""
    over_count: int = 0
    """Elements of an array that have ended."""
    failed: bool = False
    """Whether an element of an array has failed."""
    resting_until: float = 0.0
    """When it may be started again; seconds since the epoch."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array, not one of its elements."""
        return self.parent is None and bool(self.request.indices)

    @property
    def over(self) -> bool:
        """Whether it has ended: F, or X in an array that goes on."""
        return self.state in "FX"

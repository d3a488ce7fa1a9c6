"""What a fake PBS looks like: its nodes, queues, limits and the pace of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FakeNode:
    """A node: a name with cores and memory to account jobs against; all run on this host."""

    name: str
    """Name; in ``exec_vnode`` and ``$PBS_NODEFILE``."""
    ncpus: int = 4
    """Cores it claims, whatever the host has."""
    mem_gb: float = 24.0
    """Memory it claims, GiB; nothing holds jobs to it but `FakePbsOptions.enforce_mem`."""
    ngpus: int = 0
    """GPUs it claims."""


@dataclass(frozen=True, kw_only=True)
class FakeQueue:
    """An execution queue and its limits."""

    name: str
    """Name."""
    enabled: bool = True
    """Whether it takes jobs."""
    started: bool = True
    """Whether it runs them."""
    priority: int = 0
    """Jobs of a queue with a higher one start first."""
    nodes: tuple[str, ...] = ()
    """Names of the nodes its jobs run on; empty means all."""
    max_ncpus: int | None = None
    """``resources_max.ncpus`` of a job."""
    max_mem_gb: float | None = None
    """``resources_max.mem`` of a job, GiB."""
    max_ngpus: int | None = None
    """``resources_max.ngpus`` of a job."""
    max_walltime_s: int | None = None
    """``resources_max.walltime`` of a job, seconds."""
    default_walltime_s: int | None = None
    """``resources_default.walltime``, seconds; without one a job may run forever."""
    max_queued: int | None = None
    """Most jobs in it, each element of an array counted."""
    array_cap: int | None = None
    """``max_array_size``: most elements of an array."""


@dataclass(frozen=True, kw_only=True)
class FakeDelays:
    """Times in seconds; the defaults are OpenPBS's own, as observed with 23.06.06."""

    walltime_slack_s: float = 10.0
    """How long after its walltime a job gets SIGTERM; OpenPBS looks every 10 s or so."""
    kill_s: float = 15.0
    """From SIGTERM to SIGKILL at the walltime, or above a limit."""
    poll_s: float = 10.0
    """Time between two looks at the memory of a job; OpenPBS's min_check_poll."""
    delete_kill_s: float = 10.0
    """From SIGTERM to SIGKILL on ``qdel``."""
    requeue_kill_s: float = 30.0
    """From SIGTERM to SIGKILL when a job is put back; OpenPBS waited 20 s at least."""
    linger_s: float = 8.0
    """How long a script's job that was told to stop, and whose login shell is dead, still shows
    R; what it left behind is killed only then. OpenPBS took up to 10 s."""
    report_s: float = 1.0
    """Until a started job shows its session and what it used (substate 41, then 42)."""
    exiting_s: float = 0.5
    """How long an ended job shows E."""
    copy_retry_s: float = 30.0
    """How long a job whose output cannot be delivered stays in E."""
    relaunch_s: float = 0.2
    """From one failed launch to the next."""
    node_fail_requeue_s: float = 310.0
    """How long the jobs of a lost node show R."""


HURRIED = FakeDelays(
    walltime_slack_s=0.2,
    kill_s=2.0,
    poll_s=0.1,
    delete_kill_s=1.5,
    requeue_kill_s=2.0,
    linger_s=0.3,
    report_s=0.2,
    exiting_s=0.1,
    copy_retry_s=1.0,
    relaunch_s=0.02,
    node_fail_requeue_s=1.0,
)
"""The same in an order of seconds, for tests."""

DEFAULT_NODES = (FakeNode(name="pbslab"),)
"""One node of 4 cores."""

DEFAULT_QUEUES = (FakeQueue(name="workq"),)
"""The first one is the default."""


@dataclass(frozen=True, kw_only=True)
class FakePbsOptions:
    """All that can be set."""

    server: str = "pbslab"
    """Name of the server, behind the dot of every job id."""
    nodes: tuple[FakeNode, ...] = DEFAULT_NODES
    """The nodes."""
    queues: tuple[FakeQueue, ...] = DEFAULT_QUEUES
    """The queues; jobs without ``-q`` go to the first."""
    history: bool = True
    """``job_history_enable``: whether finished jobs can be asked for with ``-x``."""
    array_cap: int = 10_000
    """``max_array_size``: most elements of an array."""
    rerunable: bool = True
    """What a job without ``-r`` is."""
    manager: bool = False
    """Whether the user may ``qrerun`` and suspend, and sees a manager's attributes."""
    submit_from_jobs: bool = True
    """Whether ``qsub`` works on nodes."""
    launch_attempts: int = 21
    """Launches that may fail before a job is held."""
    answer_s: float = 0.0
    """How much longer each command takes, seconds."""
    enforce_mem: bool = False
    """``$enforce mem``: whether nodes kill jobs that use more memory than they asked for."""
    home: str | None = None
    """$HOME of jobs; None is an empty folder of the fake's own."""
    job_environment: Mapping[str, str] = field(default_factory=dict)
    """What the file ``pbs_environment`` of a real one adds to every job's environment."""
    delays: FakeDelays = FakeDelays()
    """Its pace."""

    def to_plain(self) -> dict[str, Any]:
        """Return the options as JSON takes them."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> FakePbsOptions:
        """Return the options that `to_plain` was asked of."""
        queues = [{**queue, "nodes": tuple(queue["nodes"])} for queue in plain["queues"]]
        made = {
            "nodes": tuple(FakeNode(**node) for node in plain["nodes"]),
            "queues": tuple(FakeQueue(**queue) for queue in queues),
            "delays": FakeDelays(**plain["delays"]),
        }
        return cls(**{**plain, **made})


def kilobytes(mem_gb: float) -> int:
    """Return GiB in the unit in which PBS accounts memory."""
    return round(mem_gb * 1024 * 1024)


def spool_folders(folder: Path) -> tuple[Path, ...]:
    """Return the folders a server and its nodes need, named as OpenPBS's."""
    names = ("server_priv", "server_logs", "mom_priv/jobs", "spool", "aux", "undelivered", "tmp")
    return tuple(folder / name for name in names)

"""What a private cluster looks like: its nodes, its partitions and what can be set."""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT = "chem"
"""The one account, where accounting is on."""

QOS = "normal"
"""The one quality of service, where accounting is on."""

GPU_KIND = "a100"
"""Kind of the GPUs; each is a link to /dev/null."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node: a slurmd of this host that claims to be a machine of its own."""

    name: str
    """Name; ``$SLURMD_NODENAME`` in jobs."""
    cpus: int
    """Cores it claims, whatever the host has."""
    mem_gb: int
    """Memory it claims, GiB; jobs are held to what they asked for, looked at every 5 s."""
    gpus: int = 0
    """GPUs it claims."""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A partition and its limits."""

    name: str
    """Name."""
    nodes: str
    """The nodes whose names begin so."""
    walltime_h: int
    """Longest run of a job, hours; longer ones are refused."""
    tier: int = 1
    """A higher tier takes nodes from jobs of a lower one."""
    preemptible: bool = False
    """Whether its jobs can be preempted; they are requeued then."""


NODES = (
    Node(name="vega1", cpus=8, mem_gb=64, gpus=4),
    Node(name="vega2", cpus=8, mem_gb=64, gpus=4),
    Node(name="vega3", cpus=8, mem_gb=64, gpus=4),
    Node(name="sabarmati1", cpus=16, mem_gb=128),
    Node(name="sabarmati2", cpus=16, mem_gb=128),
    Node(name="aneesur1", cpus=4, mem_gb=8),
)
"""GPU nodes, nodes with many cores, and a small machine: 60 cores in all."""

PARTITIONS = (
    Partition(name="vega", nodes="vega", walltime_h=48),
    Partition(name="vega-low", nodes="vega", walltime_h=48, preemptible=True),
    Partition(name="vega-urgent", nodes="vega", walltime_h=1, tier=10),
    Partition(name="sabarmati", nodes="sabarmati", walltime_h=72),
    Partition(name="aneesur", nodes="aneesur", walltime_h=12),
)
"""The first one is the default. Those without nodes are left out."""


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """What can be set; the times are Slurm's own, only shorter."""

    accounting: bool = True
    """Whether slurmdbd runs, ``sacct`` answers, and accounts and limits are enforced."""
    preempt_send_user_signal: bool = False
    """Whether a preempted job gets the signal it asked for by ``--signal`` at once."""
    max_array_size: int = 1001
    """MaxArraySize: one more than the largest index of an array."""
    kill_wait_s: int = 5
    """KillWait: from SIGTERM to SIGKILL at the walltime and on ``scancel``."""
    grace_time_s: int = 5
    """GraceTime: from the warning of a preempted job to its end."""
    requeue_delay_s: int = 120
    """cred_expire of AuthInfo: how long a requeued job waits, and a credential lives. From 5 on;
    a host under load may need longer than a few seconds to start a job."""
    min_job_age_s: int = 300
    """MinJobAge: how long ``squeue`` and ``scontrol`` know a job that has ended."""
    slurmd_timeout_s: int = 300
    """SlurmdTimeout: when a node that does not answer counts as down by itself."""
    nodes: tuple[Node, ...] = NODES
    """The nodes."""
    partitions: tuple[Partition, ...] = PARTITIONS
    """The partitions."""

    def __post_init__(self) -> None:
        if self.requeue_delay_s < 5:
            raise ValueError("Slurm takes a cred_expire below 5 s for its default of 120 s")

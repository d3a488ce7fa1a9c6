"""What a Slurm cluster says of itself: its limits, partitions, and a user's accounts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeFacts:
    """A node, and what a job can get of it."""

    name: str
    """Its name."""
    cpus: int
    """Cores, as the scheduler counts them."""
    mem_mb: int
    """Memory, MiB."""
    gpus: tuple[tuple[str, int], ...]
    """Kind and number of its GPUs; the kind is empty where Slurm names none."""
    partitions: tuple[str, ...]
    """Partitions it belongs to."""
    state: str
    """Such as ``IDLE`` or ``DOWN+DRAIN``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartitionFacts:
    """A partition."""

    name: str
    """Its name."""
    is_default: bool
    """Whether jobs go there that name none."""
    state: str
    """``UP``, ``DOWN``, ``DRAIN`` or ``INACTIVE``."""
    walltime_s: int | None
    """Longest run of a job; None without a limit."""
    preempt_mode: str
    """What happens to its jobs when others take their place; ``OFF`` if none can."""
    priority_tier: int
    """Jobs of a partition with a higher one take the place of this one's."""
    grace_s: int
    """Time between SIGTERM and SIGKILL of a preempted job."""
    accounts: tuple[str, ...] | None
    """Accounts it admits; None for all."""
    qos: tuple[str, ...] | None
    """QOS it admits; None for all."""
    nodes: tuple[NodeFacts, ...]
    """Its nodes, as far as a job may use them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Association:
    """What a user may ask for in one account."""

    account: str
    """The account."""
    is_default: bool
    """Whether jobs go there that name none."""
    partition: str
    """Partition it is for; empty for all."""
    qos: tuple[str, ...]
    """QOS that may be asked for."""
    default_qos: str
    """QOS of a job that names none; empty if not set."""
    max_running: int | None
    """Most running jobs."""
    max_submitted: int | None
    """Most queued and running jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlurmFacts:
    """A cluster as its controller describes it."""

    cluster: str
    """``ClusterName``."""
    version: str
    """Slurm's version."""
    max_array_size: int
    """Most elements of an array whose indices count from 0."""
    max_jobs: int
    """Most jobs and array elements the controller holds."""
    requeues: bool
    """Whether jobs that do not say may be requeued."""
    kill_wait_s: int
    """Time between SIGTERM and SIGKILL of a cancelled or overdue job."""
    preempt_type: str
    """By what jobs are preempted: ``partition_prio``, ``qos``, or empty for not at all."""
    accounting: str
    """``AccountingStorageType``."""
    enforced: tuple[str, ...]
    """What of the accounting binds, such as ``associations``, ``qos``, ``limits``."""
    partitions: tuple[PartitionFacts, ...]
    """Its partitions, as far as this user may see them."""
    associations: tuple[Association, ...] | None
    """The user's accounts; None without accounting, or if it does not answer."""
    answers_sacct: bool
    """Whether ``sacct`` answers."""

    @property
    def keeps_accounts(self) -> bool:
        """Whether ended jobs are written to a database."""
        return not self.accounting.endswith("/none")

    def is_preemptible(self, partition: PartitionFacts) -> bool:
        """Tell whether others may take the place of this partition's jobs."""
        if not self.preempt_type or partition.preempt_mode == "OFF":
            return False
        nodes = {node.name for node in partition.nodes}
        return self.preempt_type == "qos" or any(
            other.priority_tier > partition.priority_tier
            and nodes & {node.name for node in other.nodes}
            for other in self.partitions
        )

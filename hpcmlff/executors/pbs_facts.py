"""What a PBS cluster says of itself: its limits, queues and nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcmlff.executors.slurm_facts import Association, PartitionFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class PbsFacts:
    """A cluster as its server describes it; queues stand where Slurm has partitions."""

    cluster: str
    """Name of the server."""
    version: str
    """PBS's version."""
    history: bool
    """``job_history_enable``."""
    array_caps: Mapping[str, int]
    """Most elements of an array by the name of the limit, such as ``max_array_size``."""
    kill_delay_s: int
    """Shortest time between SIGTERM and SIGKILL of a deleted job."""
    partitions: tuple[PartitionFacts, ...]
    """Its execution queues with their nodes."""
    associations: tuple[Association, ...] | None = None
    """None: PBS tells of no accounts."""

    def is_preemptible(self, partition: PartitionFacts) -> bool:
        """Tell that nothing is known: who preempts whom is in the scheduler's own files."""
        del partition
        return False

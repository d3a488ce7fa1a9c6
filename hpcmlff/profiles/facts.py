"""What is known of a cluster, whatever its scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import Association, PartitionFacts


class ClusterFacts(Protocol):
    """A cluster's partitions or queues, and what a user may ask for there."""

    @property
    def partitions(self) -> tuple[PartitionFacts, ...]:
        """Partitions or queues."""
        ...

    @property
    def associations(self) -> tuple[Association, ...] | None:
        """The user's accounts; None if nothing is known of them."""
        ...

    def is_preemptible(self, partition: PartitionFacts) -> bool:
        """Tell whether others may take the place of a partition's jobs."""
        ...

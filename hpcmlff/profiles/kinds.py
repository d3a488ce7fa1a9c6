"""Kinds of nodes in a partition, and which of them a profile has to name; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import NodeFacts, PartitionFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeKind:
    """What a job can get on nodes that are alike."""

    cpus: int
    """Cores."""
    mem_gb: float
    """Memory in GiB, rounded down to tenths."""
    gpus: int
    """GPUs."""

    def covers(self, other: NodeKind) -> bool:
        """Tell whether all that fits on the other kind fits on this one."""
        return other.cpus <= self.cpus and other.mem_gb <= self.mem_gb and other.gpus <= self.gpus


def kinds_of(partition: PartitionFacts) -> list[tuple[NodeKind, int]]:
    """Return the kinds that together hold what any node holds, and how many there are.

    Kinds that another covers are left out: the scheduler finds such nodes by what a
    job asks for. Those without GPUs come first.
    """
    counted = Counter(_kind(node) for node in partition.nodes if node.cpus and node.mem_mb)
    kept = [
        kind
        for kind in counted
        if not any(other.covers(kind) for other in counted if other != kind)
    ]
    kept.sort(key=lambda kind: (kind.gpus, kind.cpus, kind.mem_gb))
    return [(kind, counted[kind]) for kind in kept]


def gpu_kind_of(partition: PartitionFacts) -> str | None:
    """Return the kind of the partition's GPUs, if Slurm names exactly one."""
    kinds = {kind for node in partition.nodes for kind, _ in node.gpus}
    return next(iter(kinds)) or None if len(kinds) == 1 else None


def _kind(node: NodeFacts) -> NodeKind:
    tenths = node.mem_mb * 10 // 1024
    return NodeKind(cpus=node.cpus, mem_gb=tenths / 10, gpus=sum(number for _, number in node.gpus))

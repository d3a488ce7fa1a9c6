"""The partitions of a profile beside those of its cluster; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.errors import Key, nearest
from hpcmlff.profiles.differences import Difference, duration, error, note

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import NodeFacts, PartitionFacts
    from hpcmlff.profiles.facts import ClusterFacts
    from hpcmlff.spec.profile import ClusterProfile, Partition

_MIB = 1024
_WORKING = ("IDLE", "MIX", "ALLOC", "COMP", "PLANNED", "RESERVED")


def compare_partitions(profile: ClusterProfile, facts: ClusterFacts) -> Iterator[Difference]:
    """Compare names, states and limits."""
    known = {one.name: one for one in facts.partitions}
    for index, partition in enumerate(profile.partitions):
        at: Key = ("partitions", index)
        if partition.name in known:
            yield from _compare(partition, known[partition.name], at)
        else:
            change = nearest(partition.name, known) or "Remove it"
            yield error((*at, "name"), partition.name, "no such partition", change)


def _compare(partition: Partition, facts: PartitionFacts, at: Key) -> Iterator[Difference]:
    if facts.state != "UP":
        change = "Wait until it is up, or remove it"
        yield error((*at, "name"), partition.name, f"it is {facts.state}", change)
    if facts.walltime_s is not None and partition.walltime > facts.walltime_s:
        most = duration(facts.walltime_s)
        yield _too_much((*at, "walltime"), duration(partition.walltime), most)
    if not facts.nodes:
        yield error((*at, "name"), partition.name, "it has no nodes", "Remove it")
        return
    yield from _compare_nodes(partition, facts, at)


def _compare_nodes(partition: Partition, facts: PartitionFacts, at: Key) -> Iterator[Difference]:
    found = [*_single(partition, facts.nodes, at)]
    yield from found
    if not found and not any(_holds(node, partition) for node in facts.nodes):
        change = "Write the partition twice, once for each kind of node"
        yield error(at, partition.name, "no single node has all of that", change)
    if not any(node.state.startswith(_WORKING) for node in facts.nodes):
        states = ", ".join(sorted({node.state for node in facts.nodes}))
        change = "Jobs wait until a node is back"
        yield note((*at, "name"), partition.name, f"none of its nodes works ({states})", change)


def _single(partition: Partition, nodes: tuple[NodeFacts, ...], at: Key) -> Iterator[Difference]:
    cpus = max(node.cpus for node in nodes)
    mem_gb = max(node.mem_mb for node in nodes) / _MIB
    if partition.cpus > cpus:
        yield _too_much((*at, "cpus"), str(partition.cpus), str(cpus))
    if partition.mem_gb > mem_gb:
        yield _too_much((*at, "mem_gb"), f"{partition.mem_gb:g}", f"{_down(mem_gb):g}")
    if partition.gpus:
        yield from _gpus(partition, nodes, at)


def _gpus(partition: Partition, nodes: tuple[NodeFacts, ...], at: Key) -> Iterator[Difference]:
    kinds = sorted({kind for node in nodes for kind, _ in node.gpus if kind})
    if partition.gpu_kind and partition.gpu_kind not in kinds:
        has = ", ".join(kinds) or "no kinds are named"
        change = f"Write one of: {has}" if kinds else "Remove the key"
        yield error((*at, "gpu_kind"), partition.gpu_kind, has, change)
        return
    most = max(gpus_of(node, partition.gpu_kind) for node in nodes)
    if partition.gpus > most:
        yield _too_much((*at, "gpus"), str(partition.gpus), str(most))


def gpus_of(node: NodeFacts, kind: str | None) -> int:
    """Return how many GPUs of a kind a node has; of all kinds if None."""
    return sum(number for one, number in node.gpus if kind in {None, one})


def _holds(node: NodeFacts, partition: Partition) -> bool:
    return (
        partition.cpus <= node.cpus
        and partition.mem_gb * _MIB <= node.mem_mb
        and partition.gpus <= (gpus_of(node, partition.gpu_kind) if partition.gpus else 0)
    )


def _down(mem_gb: float) -> float:
    """Round to tenths such that it still fits."""
    return int(mem_gb * 10) / 10


def _too_much(key: Key, said: str, most: str) -> Difference:
    change = f"Lower it to {most}" if most not in {"0", "0.0"} else "Remove the key"
    return error(key, said, f"{most} at most", change)

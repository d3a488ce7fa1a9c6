"""Nodes and partitions in Slurm's configuration files; slurm.conf(5), gres.conf(5)."""

from __future__ import annotations

from collections.abc import Sequence

from cluster.options import GPU_KIND, ClusterOptions, Node, Partition
from cluster.place import Place


def node_lines(options: ClusterOptions, host: str, ports: Sequence[int]) -> list[str]:
    """Return the lines of slurm.conf that name the nodes."""
    return [
        f"NodeName={node.name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
        f" CPUs={node.cpus} RealMemory={node.mem_gb * 1024}{_gres(node)}"
        for node, port in zip(options.nodes, ports, strict=True)
    ]


def _gres(node: Node) -> str:
    return f" Gres=gpu:{GPU_KIND}:{node.gpus}" if node.gpus else ""


def partition_lines(options: ClusterOptions) -> list[str]:
    """Return the lines of slurm.conf that name the partitions."""
    lines: list[str] = []
    for partition in options.partitions:
        names = [node.name for node in options.nodes if node.name.startswith(partition.nodes)]
        if names:
            lines.append(_partition(partition, names, options, default=not lines))
    return lines


def _partition(
    partition: Partition, names: list[str], options: ClusterOptions, *, default: bool
) -> str:
    mode = f"REQUEUE GraceTime={options.grace_time_s}" if partition.preemptible else "OFF"
    return (
        f"PartitionName={partition.name} Nodes={','.join(names)}"
        f" Default={'YES' if default else 'NO'} State=UP MaxTime={partition.walltime_h}:00:00"
        f" DefaultTime=1:00:00 DefMemPerCPU=1024"
        f" PriorityTier={partition.tier} PreemptMode={mode}"
    )


def gres_conf(options: ClusterOptions, place: Place) -> str:
    """Return gres.conf."""
    return "".join(
        f"NodeName={node.name} Name=gpu Type={GPU_KIND} File={place.dev}/gpu[0-{node.gpus - 1}]\n"
        for node in options.nodes
        if node.gpus
    )

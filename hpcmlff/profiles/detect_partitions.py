"""The partitions of a first profile; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from hpcmlff.errors import SchedulerError
from hpcmlff.profiles.differences import duration
from hpcmlff.profiles.kinds import NodeKind, gpu_kind_of, kinds_of

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import Association, PartitionFacts
    from hpcmlff.profiles.facts import ClusterFacts

UNBOUNDED_S = 7 * 86400
"""Walltime that is written where a partition has no limit."""

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """A partition, and as whom a job gets into it."""

    partition: PartitionFacts
    """The partition."""
    account: str | None
    """The account; None where jobs need to name none."""
    qos: str | None
    """The QOS; None for the default one."""
    obstacle: str
    """Why no job can go there; empty if one can."""

    @property
    def walltime_s(self) -> int:
        """Longest run of a job."""
        return self.partition.walltime_s or UNBOUNDED_S


def uses(facts: ClusterFacts) -> list[Use]:
    """Return all partitions: the default first, then without GPUs, then the shorter ones."""
    found = [_use(partition, facts.associations) for partition in facts.partitions]
    return sorted(found, key=_order)


def usable(found: Sequence[Use], nothing: str) -> list[Use]:
    """Return the partitions that jobs can use.

    Parameters
    ----------
    found
        All of them.
    nothing
        What to say if there is none.

    Raises
    ------
    SchedulerError
        There is none; each one's obstacle is told.
    """
    good = [use for use in found if not use.obstacle]
    if not good:
        reasons = "".join(f"\n  {use.partition.name}, {use.obstacle}" for use in found)
        raise SchedulerError(f"{nothing}{reasons}")
    return good


def joined(parts: Iterable[Iterable[str]]) -> str:
    """Return a profile's text from the lines of its parts."""
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def partition_lines(facts: ClusterFacts, found: Sequence[Use]) -> Iterator[str]:
    """Return the lines of the key ``partitions``."""
    good = [use for use in found if not use.obstacle]
    yield "# A cell goes to the first partition it fits, so the order is the order of preference."
    yield "# The limits are the most that one job gets on one node."
    yield "partitions:"
    for use in good:
        for kind, number in kinds_of(use.partition):
            yield from (f"  # {text}" for text in _comments(facts, use, number))
            yield f"  - {flow(_entry(use, kind, good[0]))}"
    yield from (
        f"  # Left out: {use.partition.name}, {use.obstacle}" for use in found if use.obstacle
    )


def flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000)
    return text.removesuffix("...\n").strip()


def _order(use: Use) -> tuple[bool, bool, int]:
    has_gpus = any(node.gpus for node in use.partition.nodes)
    return (not use.partition.is_default, has_gpus, use.walltime_s)


def _use(partition: PartitionFacts, mine: tuple[Association, ...] | None) -> Use:
    association = _association(partition, mine or ())
    qos = _qos(partition, association)
    obstacle = _obstacle(partition)
    if not obstacle and mine is not None and association is None:
        obstacle = f"which admits {', '.join(partition.accounts or ())}; none is yours"
    if not obstacle and association and partition.qos is not None and qos is None:
        obstacle = f"which admits the QOS {', '.join(partition.qos)}; none is yours"
    account = association.account if association else None
    return Use(partition=partition, account=account, qos=qos, obstacle=obstacle)


def _obstacle(partition: PartitionFacts) -> str:
    if not _WORD.fullmatch(partition.name):
        return "whose name a profile cannot hold"
    if partition.state != "UP":
        return f"which is {partition.state}"
    return "" if kinds_of(partition) else "which has no nodes"


def _association(partition: PartitionFacts, mine: Sequence[Association]) -> Association | None:
    fitting = [
        one
        for one in mine
        if one.partition in {"", partition.name}
        and (partition.accounts is None or one.account in partition.accounts)
    ]
    default = [one for one in fitting if one.is_default]
    return next(iter(default or fitting), None)


def _qos(partition: PartitionFacts, found: Association | None) -> str | None:
    if found is None:
        return None
    default = found.default_qos or None
    if partition.qos is None or default in partition.qos:
        return default
    return next((one for one in found.qos if one in partition.qos), None)


def _comments(facts: ClusterFacts, use: Use, number: int) -> Iterator[str]:
    partition = use.partition
    if partition.is_default:
        yield "The cluster's default partition."
    if number < len(partition.nodes):
        yield f"{number} of its {len(partition.nodes)} nodes; the others have less of something."
    if partition.walltime_s is None:
        yield f"No limit of time; a job ends after {duration(UNBOUNDED_S)}, its cell goes on."
    if facts.is_preemptible(partition):
        how = f"{partition.preempt_mode.lower()}, {partition.grace_s} s after SIGTERM"
        yield f"Preemptible ({how}): cells go on from their checkpoints."


def _entry(use: Use, kind: NodeKind, first: Use) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": use.partition.name, "cpus": kind.cpus}
    entry["mem_gb"] = int(kind.mem_gb) if kind.mem_gb.is_integer() else kind.mem_gb
    if kind.gpus:
        entry["gpus"] = kind.gpus
        if gpu_kind := gpu_kind_of(use.partition):
            entry["gpu_kind"] = gpu_kind
    entry["walltime"] = duration(use.walltime_s)
    # The profile itself names those of its first partition.
    if use.account != first.account:
        entry["account"] = use.account
    if use.qos != first.qos:
        entry["qos"] = use.qos
    return {name: value for name, value in entry.items() if value is not None}

"""Asking a Slurm cluster what it is."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import replace

from hpcmlff.errors import SchedulerError
from hpcmlff.executors.commands import run_command
from hpcmlff.executors.slurm_facts import Association, NodeFacts, PartitionFacts, SlurmFacts
from hpcmlff.executors.slurm_records import (
    Record,
    allowed,
    amount,
    duration_s,
    gpus_by_kind,
    present,
    records,
    settings,
    words,
)

ASSOCIATION_FORMAT = "defaultaccount,account,partition,qos,defaultqos,maxjobs,maxsubmit"
"""Columns of sacctmgr."""


def read_facts() -> SlurmFacts:
    """Ask the cluster of this machine, with five commands at most.

    Raises
    ------
    SchedulerError
        There is no Slurm here, or it does not answer.
    """
    config = settings(run_command(["scontrol", "show", "config"]))
    partitions = run_command(["scontrol", "show", "partition", "--oneliner"])
    nodes = run_command(["scontrol", "show", "node", "--oneliner"])
    facts = parse_controller(config, parse_partitions(partitions, nodes))
    if not facts.keeps_accounts:
        return facts
    answers = _ask(["sacct", "--noheader", "--allocations", "--jobs=1"]) is not None
    return replace(facts, associations=_associations(facts.cluster), answers_sacct=answers)


def parse_controller(
    config: Mapping[str, str], partitions: tuple[PartitionFacts, ...]
) -> SlurmFacts:
    """Return what ``scontrol show config`` says; nothing of accounts is known yet."""
    return SlurmFacts(
        cluster=config.get("ClusterName", ""),
        version=config.get("SLURM_VERSION", ""),
        max_array_size=amount(config.get("MaxArraySize")) or 1,
        max_jobs=amount(config.get("MaxJobCount")) or 1,
        requeues=config.get("JobRequeue") != "0",
        kill_wait_s=amount(config.get("KillWait")) or 0,
        preempt_type=present(config.get("PreemptType", "").rpartition("/")[2]),
        accounting=config.get("AccountingStorageType", "accounting_storage/none"),
        enforced=words(config.get("AccountingStorageEnforce")),
        partitions=partitions,
        associations=None,
        answers_sacct=False,
    )


def parse_partitions(partitions: str, nodes: str) -> tuple[PartitionFacts, ...]:
    """Return the partitions with their nodes.

    Parameters
    ----------
    partitions
        What ``scontrol show partition -o`` prints.
    nodes
        What ``scontrol show node -o`` prints.
    """
    known = [_node(record) for record in records(nodes) if "CPUTot" in record]
    return tuple(_partition(record, known) for record in records(partitions))


def parse_associations(printed: str) -> tuple[Association, ...]:
    """Return what ``sacctmgr show user withassoc`` prints in `ASSOCIATION_FORMAT`."""
    rows = [line.split("|") for line in printed.splitlines() if line.count("|") >= 6]
    return tuple(_association(row) for row in rows)


def _node(record: Record) -> NodeFacts:
    memory = amount(record.get("RealMemory")) or 0
    return NodeFacts(
        name=record["NodeName"],
        # Cores kept for the system are not among the effective ones (Slurm 21.08 and later).
        cpus=amount(record.get("CPUEfctv")) or amount(record["CPUTot"]) or 1,
        mem_mb=memory - (amount(record.get("MemSpecLimit")) or 0),
        gpus=tuple(sorted(gpus_by_kind(record.get("Gres")).items())),
        partitions=words(record.get("Partitions")),
        state=record.get("State", "UNKNOWN").split()[0],
    )


def _partition(record: Record, nodes: list[NodeFacts]) -> PartitionFacts:
    name = record["PartitionName"]
    cpus, mem_mb = amount(record.get("MaxCPUsPerNode")), amount(record.get("MaxMemPerNode"))
    mine = (node for node in nodes if name in node.partitions)
    return PartitionFacts(
        name=name,
        is_default=record.get("Default") == "YES",
        state=record.get("State", "UP"),
        walltime_s=duration_s(record.get("MaxTime")),
        preempt_mode=record.get("PreemptMode", "OFF"),
        priority_tier=amount(record.get("PriorityTier")) or 0,
        grace_s=amount(record.get("GraceTime")) or 0,
        accounts=allowed(record.get("AllowAccounts")),
        qos=allowed(record.get("AllowQos")),
        nodes=tuple(
            replace(
                node,
                cpus=min(node.cpus, cpus or node.cpus),
                mem_mb=min(node.mem_mb, mem_mb or node.mem_mb),
            )
            for node in mine
        ),
    )


def _association(row: list[str]) -> Association:
    default, account, partition, qos, default_qos, running, submitted = row[:7]
    return Association(
        account=account,
        is_default=account == default,
        partition=partition,
        qos=words(qos),
        default_qos=default_qos,
        max_running=amount(running),
        max_submitted=amount(submitted),
    )


def _associations(cluster: str) -> tuple[Association, ...] | None:
    where = ["where", f"name={getpass.getuser()}", f"cluster={cluster}"]
    shape = ["withassoc", f"format={ASSOCIATION_FORMAT}"]
    printed = _ask(["sacctmgr", "-nP", "show", "user", *where, *shape])
    return None if printed is None else parse_associations(printed)


def _ask(command: list[str]) -> str | None:
    try:
        return run_command(command)
    except SchedulerError:
        return None

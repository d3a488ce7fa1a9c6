"""Read from what a Slurm 22.05.8 has printed; ``recorded`` holds its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.executors.slurm_facts import Association, NodeFacts, PartitionFacts, SlurmFacts
from hpcmlff.executors.slurm_reading import (
    parse_associations,
    parse_controller,
    parse_partitions,
)
from hpcmlff.executors.slurm_records import (
    allowed,
    amount,
    duration_s,
    gpus_by_kind,
    records,
    settings,
    words,
)

RECORDED = Path(__file__).parent / "recorded"


def text(cluster: str, what: str) -> str:
    return (RECORDED / cluster / f"{what}.txt").read_text(encoding="utf-8")


def facts(cluster: str) -> SlurmFacts:
    partitions = parse_partitions(text(cluster, "partition"), text(cluster, "node"))
    return parse_controller(settings(text(cluster, "config")), partitions)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2-00:00:00", 172800),
        ("01:00:00", 3600),
        ("1-12:30:15", 131415),
        ("05:30", 330),
        ("45", 45),
        ("UNLIMITED", None),
        ("INFINITE", None),
        ("NONE", None),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_times_are_read(value: str | None, seconds: int | None) -> None:
    assert duration_s(value) == seconds


@pytest.mark.parametrize(
    ("gres", "gpus"),
    [
        ("(null)", {}),
        ("gpu:4", {"": 4}),
        ("gpu", {"": 1}),
        ("gpu:a100", {"a100": 1}),
        ("gpu:a100:4", {"a100": 4}),
        ("gpu:a100:4(S:0-1)", {"a100": 4}),
        ("gpu:a100:2(S:0,2),gpu:v100:2(S:1),shard:8", {"a100": 2, "v100": 2}),
        ("craynetwork:4,gpu:nvidia_a100_80gb:8", {"nvidia_a100_80gb": 8}),
        ("gpu:a100_1g.5gb:7,gpu:a100:2,gpu:a100:2", {"a100_1g.5gb": 7, "a100": 4}),
    ],
)
def test_gpus_are_read(gres: str, gpus: dict[str, int]) -> None:
    assert gpus_by_kind(gres) == gpus


def test_values_that_say_nothing_are_nothing() -> None:
    assert [amount(value) for value in ("30 sec", "UNLIMITED", "(null)", None)] == [30, *[None] * 3]
    assert [allowed(value) for value in ("ALL", "a,b", None)] == [None, ("a", "b"), None]
    assert [words(value) for value in ("none", "a,b", "(null)")] == [(), ("a", "b"), ()]


def test_values_with_spaces_belong_to_their_name() -> None:
    printed = "NodeName=n1 OS=Linux 6.1 #1 SMP  RealMemory=64 Reason=no power [root@now]\n\n"
    record = {"NodeName": "n1", "OS": "Linux 6.1 #1 SMP", "RealMemory": "64"}
    assert records(printed) == [record | {"Reason": "no power [root@now]"}]


def test_a_cluster_with_accounting_is_read() -> None:
    found = facts("vega")
    assert (found.cluster, found.version) == ("vega", "22.05.8")
    assert (found.max_array_size, found.max_jobs, found.kill_wait_s) == (1001, 10000, 5)
    assert (found.requeues, found.preempt_type) == (True, "partition_prio")
    assert found.keeps_accounts
    assert found.enforced == ("associations", "limits", "qos")
    assert [(one.name, one.state, one.walltime_s) for one in found.partitions] == [
        ("vega", "UP", 172800),
        ("vega-low", "UP", 86400),
        ("sabarmati", "UP", None),
        ("down", "DOWN", 86400),
        ("aneesur", "UP", 604800),
    ]


def test_a_partition_is_read_with_its_nodes() -> None:
    vega, low, *_, aneesur = facts("vega").partitions
    node = NodeFacts(
        name="vega1",
        cpus=128,
        mem_mb=512000,
        gpus=(("a100", 4),),
        partitions=("vega", "vega-low"),
        state="IDLE",
    )
    assert (vega.nodes[0], len(vega.nodes)) == (node, 2)
    assert (vega.is_default, vega.accounts, vega.qos) == (True, ("chem", "phys"), None)
    assert (low.is_default, low.preempt_mode, low.grace_s) == (False, "REQUEUE", 30)
    assert aneesur.qos == ("normal",)


def test_only_the_jobs_of_a_lower_tier_on_the_same_nodes_are_preempted() -> None:
    found = facts("vega")
    preemptible = [one.name for one in found.partitions if found.is_preemptible(one)]
    assert preemptible == ["vega-low"]


def test_a_cluster_without_accounting_is_read() -> None:
    found = facts("aneesur")
    assert (found.cluster, found.keeps_accounts, found.associations) == ("aneesur", False, None)
    assert found.enforced == ()
    (shared,) = found.partitions
    assert (shared.name, shared.walltime_s, shared.nodes[0].gpus) == ("shared", None, ())


def test_limits_of_a_partition_and_reserved_memory_are_taken_off() -> None:
    partition = "PartitionName=p State=UP MaxTime=UNLIMITED MaxCPUsPerNode=8 MaxMemPerNode=4000\n"
    node = (
        "NodeName=n CPUEfctv=30 CPUTot=32 RealMemory={} MemSpecLimit=1000 Partitions=p State=IDLE"
    )
    (small,) = parse_partitions(partition, node.format(3000))[0].nodes
    (large,) = parse_partitions(partition, node.format(9000))[0].nodes
    assert (small.cpus, small.mem_mb, large.mem_mb) == (8, 2000, 4000)
    (free,) = parse_partitions("PartitionName=p MaxCPUsPerNode=UNLIMITED", node.format(9000))
    assert (free.nodes[0].cpus, free.nodes[0].mem_mb) == (30, 8000)


def test_accounts_are_read() -> None:
    phys, chem = parse_associations(text("vega", "associations"))
    assert chem == Association(
        account="chem",
        is_default=True,
        partition="",
        qos=("long", "normal"),
        default_qos="normal",
        max_running=None,
        max_submitted=None,
    )
    assert (phys.account, phys.is_default, phys.default_qos) == ("phys", False, "")
    (limited,) = parse_associations("a|b|gpu|x||5|20\n")
    assert (limited.partition, limited.max_running, limited.max_submitted) == ("gpu", 5, 20)
    assert parse_associations("") == ()


def test_what_is_missing_in_an_answer_is_taken_as_absent() -> None:
    (partition,) = parse_partitions("PartitionName=p\n", "")
    assert isinstance(partition, PartitionFacts)
    assert (partition.nodes, partition.walltime_s, partition.state) == ((), None, "UP")
    assert parse_controller({}, ()).accounting == "accounting_storage/none"

"""Asking a PBS cluster what it is.

Attributes are those of pbs_server_attributes(7B), pbs_queue_attributes(7B) and
pbs_node_attributes(7B).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hpcmlff.executors.pbs_asking import tell
from hpcmlff.executors.pbs_facts import PbsFacts
from hpcmlff.executors.pbs_records import Attributes, clock_s, flag, records, size_mb, whole
from hpcmlff.executors.slurm_facts import NodeFacts, PartitionFacts

_KILL_DELAY_S = 10
"""Default of ``kill_delay``."""

_STATES = {"free": "IDLE", "job-busy": "ALLOCATED", "job-exclusive": "ALLOCATED", "busy": "MIXED"}
"""Node states of PBS that Slurm has words for."""

_QUEUED = re.compile(r"\[\w:PBS_(?:ALL|GENERIC)=(\d+)\]")


def read_facts() -> PbsFacts:
    """Ask the cluster of this machine, with three commands.

    Raises
    ------
    SchedulerError
        There is no PBS here, or it does not answer.
    """
    server = tell(["qstat", "-B", "-f"])
    queues = tell(["qstat", "-Q", "-f"])
    return parse_facts(server, queues, tell(["pbsnodes", "-a"]))


def parse_facts(server: str, queues: str, nodes: str) -> PbsFacts:
    """Return what PBS prints.

    Parameters
    ----------
    server, queues, nodes
        What ``qstat -B -f``, ``qstat -Q -f`` and ``pbsnodes -a`` print.
    """
    [(name, facts)] = list(records(server, "Server: ").items())[:1] or [("", {})]
    used = {one: at for one, at in records(queues, "Queue: ").items() if _runs_jobs(at)}
    default = facts.get("default_queue", "")
    known = records(nodes, "")
    return PbsFacts(
        cluster=name,
        version=facts.get("pbs_version", ""),
        history=flag(facts.get("job_history_enable")),
        array_caps=dict(_array_caps(facts, used)),
        kill_delay_s=min(
            (whole(at.get("kill_delay")) or _KILL_DELAY_S for at in used.values()),
            default=_KILL_DELAY_S,
        ),
        partitions=tuple(
            _partition(one, at, _nodes_of(one, at, known), is_default=one == default)
            for one, at in used.items()
        ),
    )


def _runs_jobs(queue: Attributes) -> bool:
    # A routing queue hands jobs on to others; from_route_only takes them from such a one only.
    return queue.get("queue_type", "").startswith("E") and not flag(queue.get("from_route_only"))


def _array_caps(server: Attributes, queues: Mapping[str, Attributes]) -> Iterator[tuple[str, int]]:
    if cap := whole(server.get("max_array_size")):
        yield "max_array_size", cap
    for name, queue in queues.items():
        if cap := whole(queue.get("max_array_size")):
            yield f"max_array_size of {name}", cap
        found = [int(number) for number in _QUEUED.findall(queue.get("max_queued", ""))]
        if found:
            yield f"max_queued of {name}", min(found)


def _nodes_of(
    name: str, queue: Attributes, nodes: Mapping[str, Attributes]
) -> dict[str, Attributes]:
    own = {one: at for one, at in nodes.items() if at.get("queue") == name}
    if own:
        return own
    free = {one: at for one, at in nodes.items() if "queue" not in at}
    # Sites bind queues to nodes by a resource of this name, too (PBS Administrator's Guide).
    label = queue.get("default_chunk.Qlist")
    if label is None:
        return free
    lists = {one: at.get("resources_available.Qlist", "").split(",") for one, at in free.items()}
    return {one: at for one, at in free.items() if label in lists[one]}


def _partition(
    name: str, queue: Attributes, nodes: Mapping[str, Attributes], *, is_default: bool
) -> PartitionFacts:
    works = flag(queue.get("enabled")) and flag(queue.get("started"))
    return PartitionFacts(
        name=name,
        is_default=is_default,
        state="UP" if works else "DOWN",
        walltime_s=clock_s(queue.get("resources_max.walltime")),
        preempt_mode="OFF",
        priority_tier=whole(queue.get("Priority")) or 0,
        grace_s=0,
        accounts=None,
        qos=None,
        nodes=tuple(_node(one, at, queue, name) for one, at in nodes.items()),
    )


def _node(name: str, node: Attributes, queue: Attributes, partition: str) -> NodeFacts:
    cpus = whole(node.get("resources_available.ncpus")) or whole(node.get("pcpus")) or 0
    mem_mb = size_mb(node.get("resources_available.mem")) or 0
    gpus = whole(node.get("resources_available.ngpus")) or 0
    most_gpus = whole(queue.get("resources_max.ngpus"))
    gpus = gpus if most_gpus is None else min(gpus, most_gpus)
    state = node.get("state", "unknown").partition(",")[0]
    return NodeFacts(
        name=name,
        cpus=min(cpus, whole(queue.get("resources_max.ncpus")) or cpus),
        mem_mb=min(mem_mb, size_mb(queue.get("resources_max.mem")) or mem_mb),
        gpus=(("", gpus),) if gpus else (),
        partitions=(partition,),
        state=_STATES.get(state, state.upper()),
    )

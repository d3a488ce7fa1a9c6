"""A profile beside the PBS cluster it stands for; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.profiles.compare import compare_poll, compare_recognition, compare_shortest
from hpcmlff.profiles.compare_partitions import compare_partitions
from hpcmlff.profiles.differences import Difference, duration, error, note

if TYPE_CHECKING:
    from hpcmlff.executors.pbs_facts import PbsFacts
    from hpcmlff.executors.recognition import Machine
    from hpcmlff.spec.profile import PbsProfile


def compare_pbs(profile: PbsProfile, facts: PbsFacts, machine: Machine) -> list[Difference]:
    """Return all that the profile and what the cluster says of itself differ in.

    Parameters
    ----------
    profile
        The profile.
    facts
        What the cluster says.
    machine
        What this machine is recognised by.
    """
    return [
        *compare_recognition(profile, machine),
        *compare_partitions(profile, facts),
        *_array(profile, facts),
        *_history(profile, facts),
        *compare_shortest(profile),
        *_kill(profile, facts),
        *compare_poll(profile),
    ]


def _array(profile: PbsProfile, facts: PbsFacts) -> Iterator[Difference]:
    used = {one.name for one in profile.partitions}
    caps = {name: cap for name, cap in facts.array_caps.items() if _binds(name, used)}
    if not caps:
        return
    name, most = min(caps.items(), key=lambda item: item[1])
    if profile.array_cap > most:
        cluster = f"{most} at most ({name})"
        yield error(("array_cap",), str(profile.array_cap), cluster, f"Lower it to {most}")


def _binds(limit: str, queues: set[str]) -> bool:
    _, of, queue = limit.partition(" of ")
    return not of or queue in queues


def _history(profile: PbsProfile, facts: PbsFacts) -> Iterator[Difference]:
    if profile.history and not facts.history:
        cluster = "finished jobs are forgotten (job_history_enable)"
        yield error(("history",), "true", cluster, "Write false")
    elif facts.history and not profile.history:
        change = "Write true: then the causes of failures are known"
        yield note(("history",), "false", "finished jobs are remembered", change)


def _kill(profile: PbsProfile, facts: PbsFacts) -> Iterator[Difference]:
    if facts.kill_delay_s < profile.grace:
        after = duration(facts.kill_delay_s)
        cluster = f"a cancelled job is killed after {after} (kill_delay)"
        change = "A cancelled cell may lose what it did since its last checkpoint"
        yield note(("grace",), duration(profile.grace), cluster, change)

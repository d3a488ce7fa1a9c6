"""A profile beside the cluster it stands for; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.executors.recognition import Machine, recognised_by
from hpcmlff.profiles.compare_accounts import account_of, compare_accounts
from hpcmlff.profiles.compare_partitions import compare_partitions
from hpcmlff.profiles.differences import Difference, duration, error, note
from hpcmlff.spec.fitting import LEAST_TRAINING_SHARE

if TYPE_CHECKING:
    from hpcmlff.executors.slurm_facts import SlurmFacts
    from hpcmlff.spec.profile import ClusterProfile

_POLLS_S = (5, 600)
"""Asked more often, a controller that many share becomes slow; more seldom, a person waits."""


def compare(profile: ClusterProfile, facts: SlurmFacts, machine: Machine) -> list[Difference]:
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
        *compare_accounts(profile, facts),
        *_array(profile, facts),
        *_accounting(profile, facts),
        *_requeue(profile, facts),
        *_grace(profile, facts),
        *compare_poll(profile),
    ]


def compare_recognition(profile: ClusterProfile, machine: Machine) -> Iterator[Difference]:
    """Compare what the profile recognises with this machine."""
    if recognised_by(profile.recognise, machine):
        return
    patterns = [f"{name}={value}" for name, value in profile.recognise.environment.items()]
    said = ", ".join([*profile.recognise.hosts, *patterns]) or "nothing"
    change = "Add a pattern, or give --profile with each command"
    yield note(("recognise",), said, f"this machine is {machine.hosts[-1]}", change)


def _array(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    limits = {"MaxArraySize": facts.max_array_size, "MaxJobCount": facts.max_jobs}
    for partition in profile.partitions:
        account = partition.account or profile.account
        found = account_of(account, partition.name, facts.associations or ())
        if found and found.max_submitted is not None:
            limits[f"MaxSubmitJobs of {found.account}"] = found.max_submitted
    name, most = min(limits.items(), key=lambda item: item[1])
    if profile.array_cap > most:
        cluster = f"{most} at most ({name})"
        yield error(("array_cap",), str(profile.array_cap), cluster, f"Lower it to {most}")


def _accounting(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    if profile.accounting and not facts.keeps_accounts:
        cluster = f"no accounts are kept ({facts.accounting})"
        yield error(("accounting",), "true", cluster, "Write false")
    elif profile.accounting and not facts.answers_sacct:
        yield error(("accounting",), "true", "sacct does not answer", "Write false")
    elif facts.answers_sacct and not profile.accounting:
        change = "Write true: then the causes of failures are known"
        yield note(("accounting",), "false", "sacct answers", change)


def _requeue(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    if profile.requeue == "scheduler" and not facts.requeues:
        change = "The jobs ask for it themselves; if the probe job may not, write chain"
        yield note(("requeue",), "scheduler", "JobRequeue=0", change)


def compare_shortest(profile: ClusterProfile) -> Iterator[Difference]:
    """Compare the grace time with the shortest jobs."""
    shortest = min(profile.partitions, key=lambda one: one.walltime)
    least = shortest.walltime // LEAST_TRAINING_SHARE
    if profile.grace > least:
        cluster = f"jobs in {shortest.name} last {duration(shortest.walltime)}"
        change = f"Lower it to {duration(max(1, least))}"
        yield error(("grace",), duration(profile.grace), cluster, change)


def _grace(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    yield from compare_shortest(profile)
    if facts.kill_wait_s < profile.grace:
        cluster = f"a cancelled job is killed after {duration(facts.kill_wait_s)} (KillWait)"
        change = "A cancelled cell may lose what it did since its last checkpoint"
        yield note(("grace",), duration(profile.grace), cluster, change)
    yield from _preemption(profile, facts)


def _preemption(profile: ClusterProfile, facts: SlurmFacts) -> Iterator[Difference]:
    used = {one.name for one in profile.partitions}
    for one in facts.partitions:
        if one.name in used and facts.is_preemptible(one) and one.grace_s < profile.grace:
            after = f"after {duration(one.grace_s)}" if one.grace_s else "at once"
            cluster = f"a preempted job of {one.name} is killed {after} (GraceTime)"
            change = f"Such a cell may lose up to {duration(profile.checkpoint_interval)} of work"
            yield note(("grace",), duration(profile.grace), cluster, change)


def compare_poll(profile: ClusterProfile) -> Iterator[Difference]:
    """Compare how often the scheduler is asked with what is usual."""
    said = duration(profile.poll_interval)
    least, most = _POLLS_S
    if profile.poll_interval < least:
        cluster = "the controller serves others, too"
        yield note(("poll_interval",), said, cluster, f"Write at least {duration(least)}")
    elif profile.poll_interval > most:
        cluster = "it may be asked more often"
        yield note(("poll_interval",), said, cluster, f"Write at most {duration(most)}")

"""A first profile, made from what a Slurm cluster says of itself; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hpcmlff.profiles.detect_partitions import Use, flow, joined, partition_lines, usable, uses
from hpcmlff.profiles.differences import duration

if TYPE_CHECKING:
    from hpcmlff.executors.recognition import Machine
    from hpcmlff.executors.slurm_facts import SlurmFacts

_GRACE_S = 90
"""submitit's own default of the time between the signal and the end."""

_WALLTIME_PER_GRACE = 4
POLL_S = 30
"""Time between two looks at the queue that is written."""

_NOT_IN_WORDS = re.compile(r"[^A-Za-z0-9._+-]+")


def name_of(text: str) -> str:
    """Return a text as a profile's name."""
    return _NOT_IN_WORDS.sub("-", text).strip("-._+") or "cluster"


def render(facts: SlurmFacts, machine: Machine, name: str) -> str:
    """Return the text of a profile, with comments that say what to look at.

    Parameters
    ----------
    facts
        What the cluster says.
    machine
        The machine this runs on; its name becomes the pattern of hosts.
    name
        The profile's name.

    Raises
    ------
    SchedulerError
        There is no partition that this user may use.
    """
    found = uses(facts)
    good = usable(found, "Slurm shows no partition that you can use")
    parts = [
        _head(facts, name),
        _recognition(facts, machine),
        _account(facts, good[0]),
        partition_lines(facts, found),
        _limits(facts),
        _ends(facts, good),
        software(),
    ]
    return joined(parts)


def _head(facts: SlurmFacts, name: str) -> Iterator[str]:
    yield f"# Made from what Slurm {facts.version} says of the cluster {facts.cluster!r}."
    yield "# Read through it, then compare it with the cluster, which sends a small job:"
    yield f"#   python -m hpcmlff.profiles check {name}"
    yield f"name: {flow(name)}"
    yield f"description: {flow(f'Slurm cluster {facts.cluster}')}"
    yield "scheduler: slurm"


def _recognition(facts: SlurmFacts, machine: Machine) -> Iterator[str]:
    yield "# How the cluster is known where --profile is not given. Slurm sets the variable in"
    yield "# jobs; let the pattern fit all login nodes, and no machine of another cluster."
    yield "recognise:"
    yield f"  environment: {flow({'SLURM_CLUSTER_NAME': facts.cluster})}"
    yield f"  hosts: {flow([host_pattern(machine.hosts[-1])])}"


def host_pattern(host: str) -> str:
    """Return a pattern for a host and its siblings: ``login2.x.org`` gives ``login*.x.org``."""
    short, dot, domain = host.partition(".")
    stem = short.rstrip("0123456789")
    return f"{stem}*{dot}{domain}" if stem and stem != short else host


def _account(facts: SlurmFacts, first: Use) -> Iterator[str]:
    if facts.associations is None:
        yield "# The cluster tells of no accounts. If its jobs must name one:"
        yield "# account: NAME"
        return
    accounts = sorted({one.account for one in facts.associations})
    yield f"# Who pays. Your accounts: {', '.join(accounts) or 'none'}."
    yield f"account: {flow(first.account)}" if first.account else "# account: NAME"
    mine = {qos for one in facts.associations if one.account == first.account for qos in one.qos}
    yield f"# Quality of service. This account's: {', '.join(sorted(mine)) or 'none'}."
    yield f"qos: {flow(first.qos)}" if first.qos else "# qos: NAME"


def _limits(facts: SlurmFacts) -> Iterator[str]:
    submitted = [one.max_submitted for one in facts.associations or () if one.max_submitted]
    # One less than MaxArraySize is its usual reading; no site means it to be one more.
    cap = max(1, min([facts.max_array_size - 1, facts.max_jobs, *submitted]))
    yield f"# Most elements of an array (MaxArraySize {facts.max_array_size}, MaxJobCount"
    yield f"# {facts.max_jobs}), and how many may run at once, which is a courtesy to others."
    yield f"array_cap: {cap}"
    yield "# running_cap: 50"


def _ends(facts: SlurmFacts, good: Sequence[Use]) -> Iterator[str]:
    yield "# What follows a job that ends before its cell is done: the same job again (scheduler),"
    yield "# dependent jobs submitted beforehand (chain), or nothing until `resume` (manual)."
    yield f"requeue: {'scheduler' if facts.requeues else 'chain'}"
    yield "# A job is asked to stop this long before its end; committing a checkpoint must fit."
    yield f"grace: {duration(first_grace_s(good))}"
    yield "# What a dead node or a preemption without warning can cost."
    yield "checkpoint_interval: 5m"
    yield "# Time between two looks at the queue."
    yield f"poll_interval: {duration(POLL_S)}"
    yield "# Whether sacct tells why a job ended."
    yield f"accounting: {str(facts.answers_sacct).lower()}"


def first_grace_s(good: Sequence[Use]) -> int:
    """Return a grace time that leaves most of the shortest jobs to train."""
    shortest = min(use.walltime_s for use in good)
    return max(1, min(_GRACE_S, shortest // _WALLTIME_PER_GRACE))


def software() -> Iterator[str]:
    """Return the lines about what makes Python available."""
    yield "# Lines at the beginning of every job, the interpreter if it is another than the one"
    yield "# that submits, and a folder for temporary files on the node."
    yield "# setup: [module load Python/3.11, source ~/hpcmlff/bin/activate]"
    yield "# python: ~/hpcmlff/bin/python"
    yield "# scratch: /scratch/$USER"

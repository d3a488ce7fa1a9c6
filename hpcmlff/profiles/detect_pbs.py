"""A first profile, made from what a PBS cluster says of itself; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hpcmlff.profiles.detect import POLL_S, first_grace_s, host_pattern, software
from hpcmlff.profiles.detect_partitions import Use, flow, joined, partition_lines, usable, uses
from hpcmlff.profiles.differences import duration

if TYPE_CHECKING:
    from hpcmlff.executors.pbs_facts import PbsFacts
    from hpcmlff.executors.recognition import Machine

_ARRAY_CAP = 1000


def render_pbs(facts: PbsFacts, machine: Machine, name: str) -> str:
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
        There is no queue that jobs can use.
    """
    found = uses(facts)
    good = usable(found, "PBS shows no queue that you can use")
    parts = [
        _head(facts, name),
        _recognition(machine),
        _account(),
        partition_lines(facts, found),
        _limits(facts),
        _ends(facts, good),
        software(),
    ]
    return joined(parts)


def _head(facts: PbsFacts, name: str) -> Iterator[str]:
    yield f"# Made from what PBS {facts.version} says of the server {facts.cluster!r}."
    yield "# Read through it, then compare it with the cluster, which sends a small job:"
    yield f"#   python -m hpcmlff.profiles check {name}"
    yield f"name: {flow(name)}"
    yield f"description: {flow(f'PBS cluster {facts.cluster}')}"
    yield "scheduler: pbs"


def _recognition(machine: Machine) -> Iterator[str]:
    pattern = host_pattern(machine.hosts[-1])
    yield "# How the cluster is known where --profile is not given. PBS sets the variable in jobs;"
    yield "# let the patterns fit all login nodes, and no machine of another cluster."
    yield "recognise:"
    yield f"  environment: {flow({'PBS_O_HOST': pattern})}"
    yield f"  hosts: {flow([pattern])}"


def _account() -> Iterator[str]:
    yield "# PBS tells of no accounts. If jobs must name a project (-P) or an account (-A):"
    yield "# project: NAME"
    yield "# account: NAME"


def _limits(facts: PbsFacts) -> Iterator[str]:
    known = ", ".join(f"{name} {cap}" for name, cap in facts.array_caps.items()) or "none is told"
    cap = min([_ARRAY_CAP, *facts.array_caps.values()])
    yield f"# Most elements of an array ({known}),"
    yield "# and how many may run at once, which is a courtesy to others."
    yield f"array_cap: {cap}"
    yield "# running_cap: 50"


def _ends(facts: PbsFacts, good: Sequence[Use]) -> Iterator[str]:
    yield "# What follows a job that ends before its cell is done: nothing until `resume` (manual),"
    yield "# dependent jobs submitted beforehand (chain), or the next job, submitted by the one"
    yield "# that ends (scheduler), where nodes may submit; the probe job of `check` tries that."
    yield "requeue: manual"
    yield "submit_from_jobs: false"
    yield "# Whether PBS remembers finished jobs and can tell how they ended."
    yield f"history: {str(facts.history).lower()}"
    yield "# A job is asked to stop this long before its end; committing a checkpoint must fit."
    yield f"grace: {duration(first_grace_s(good))}"
    yield "# What a dead node or a preemption without warning can cost."
    yield "checkpoint_interval: 5m"
    yield "# Time between two looks at the queue."
    yield f"poll_interval: {duration(POLL_S)}"

"""What a probe job has shown, beside what the profile says; pure."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff import __version__
from hpcmlff.profiles.differences import Difference, error, note
from hpcmlff.profiles.outcome_pbs import pbs_findings
from hpcmlff.profiles.probe_job import SIGNALS
from hpcmlff.spec.profile import PbsProfile

if TYPE_CHECKING:
    from hpcmlff.spec.profile import ClusterProfile

_MEANING = {"USR2": "of the near end of the walltime", "TERM": "of a preemption or scancel"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a probe job has shown."""

    refusal: str = ""
    """Slurm's words if it did not take the job."""
    waiting: str = ""
    """How long and why it waited, if it did not start in time."""
    log: str = ""
    """Last lines of its log, if it ended and told nothing."""
    report: Mapping[str, Any] | None = None
    """What it told from its node; None if it never did."""
    came_back: bool = False
    """Whether it was queued again after it had asked for that."""


def summary(outcome: Outcome) -> str:
    """Return one line about how the job went."""
    if outcome.refusal:
        return "the probe job was refused"
    if outcome.waiting:
        return f"the probe job did not start within {outcome.waiting}"
    if outcome.report is None:
        return "the probe job failed"
    told = outcome.report
    heard = ", ".join(told["signals"]) or "no signal"
    requeued = "was requeued" if outcome.came_back else "was not requeued"
    if told.get("scheduler") == "pbs":
        requeued = "may submit jobs" if told["requeue"] == "asked" else "may not submit jobs"
    return (
        f"the probe job ran on {told['host']} (Python {told['python']}, hpcmlff "
        f"{told['hpcmlff']}), heard {heard}, and {requeued}"
    )


def findings(profile: ClusterProfile, outcome: Outcome) -> list[Difference]:
    """Return where the profile and what happened to the job differ.

    Parameters
    ----------
    profile
        The profile the job ran by.
    outcome
        What happened.
    """
    first = profile.partitions[0].name
    if outcome.refusal:
        change = "Change what it names"
        return [
            error(("partitions", 0), first, f"the probe job was refused: {outcome.refusal}", change)
        ]
    if outcome.waiting:
        change = "Not tried: Python on the node, signals, requeue. Again later, or with --wait"
        return [
            note(
                ("partitions", 0),
                first,
                f"the probe job waited longer than {outcome.waiting}",
                change,
            )
        ]
    if outcome.report is None:
        return [_failed(profile, outcome.log)]
    if isinstance(profile, PbsProfile):
        told = outcome.report
        return [*_software(told), *pbs_findings(profile, told), *_scratch(profile, told)]
    return [
        *_software(outcome.report),
        *_signals(profile, outcome.report),
        *_scratch(profile, outcome.report),
        *_requeue(profile, outcome),
    ]


def _failed(profile: ClusterProfile, log: str) -> Difference:
    said = profile.python or "the interpreter of this command"
    cluster = f"the probe job failed:\n{log}\n" if log else "the probe job left no log here"
    change = (
        "See `setup` and `python`; hpcmlff must be installed for it, on the nodes as well"
        if log
        else "Give a folder that nodes share with --folder"
    )
    return error(("python",), said, cluster, change)


def _software(told: Mapping[str, Any]) -> Iterator[Difference]:
    if told["hpcmlff"] != __version__:
        change = "Install the same version for the nodes' Python"
        cluster = f"hpcmlff {told['hpcmlff']} on the node"
        yield error(("python",), f"hpcmlff {__version__}", cluster, change)
    here = platform.python_version()
    if told["python"].rpartition(".")[0] != here.rpartition(".")[0]:
        change = "Use the same version on both"
        yield note(("python",), f"Python {here}", f"Python {told['python']} on the node", change)


def _signals(profile: ClusterProfile, told: Mapping[str, Any]) -> Iterator[Difference]:
    said = str(profile.use_srun).lower()
    other = str(not profile.use_srun).lower()
    for name in SIGNALS:
        if name not in told["signals"]:
            cluster = f"SIG{name}, which tells {_MEANING[name]}, does not reach Python"
            yield error(("use_srun",), said, cluster, f"Try {other}, and check again")


def _scratch(profile: ClusterProfile, told: Mapping[str, Any]) -> Iterator[Difference]:
    if profile.scratch and not told["temporary_is_writable"]:
        cluster = f"the probe job could not write to {told['temporary']}"
        yield error(("scratch",), profile.scratch, cluster, "Name another, or remove the key")


def _requeue(profile: ClusterProfile, outcome: Outcome) -> Iterator[Difference]:
    assert outcome.report is not None
    answer = outcome.report["requeue"]
    if outcome.came_back:
        if profile.requeue == "chain":
            change = "scheduler would need fewer jobs"
            yield note(("requeue",), "chain", "a job may requeue itself", change)
        return
    if profile.requeue != "scheduler":
        return
    if outcome.report["scontrol"] is None:
        cluster = "no scontrol on the node, by which a job requeues itself"
    elif answer == "asked":
        cluster = "the probe job asked for it and was not queued again"
    else:
        cluster = f"the probe job may not requeue itself ({answer})"
    yield error(("requeue",), "scheduler", cluster, "Write chain")

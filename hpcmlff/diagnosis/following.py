"""What follows an attempt that ended too early: its cause's rule, applied; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.needs import raised_gb


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What a next job could get."""

    rules: Mapping[Cause, Rule]
    """Rule of each cause."""
    mem_gb: float | None = None
    """Memory the job had, GiB; None if that is not known."""
    most_gb: float | None = None
    """The most memory a job can get, GiB; None if nobody says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """What follows."""

    rule: Rule
    """What is done: `MORE_MEMORY` only where there is more."""
    mem_gb: float | None = None
    """Memory of the next job, GiB, where it is more."""
    exhausted: bool = False
    """It stops because a job cannot get more memory than it had."""


def following(cause: Cause, means: Means, *, on_gpu: bool = False) -> Following:
    """Return what follows a cause.

    Parameters
    ----------
    cause
        Why the attempt ended.
    means
        Rules and memory.
    on_gpu
        It was a GPU's memory that did not suffice, of which a job cannot ask for more.
    """
    rule = means.rules.get(cause, Rule.RESUME)
    if rule is not Rule.MORE_MEMORY:
        return Following(rule=rule)
    if means.mem_gb is None or means.most_gb is None:
        return Following(rule=Rule.RESUME)
    raised = None if on_gpu else raised_gb(means.mem_gb, means.most_gb)
    if raised is None:
        return Following(rule=Rule.STOP, exhausted=True)
    return Following(rule=Rule.MORE_MEMORY, mem_gb=raised)

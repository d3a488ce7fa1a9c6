"""The key ``on_failure`` of grids and profiles: a rule for each cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.strict import Strict

Again = Literal["resume", "stop"]
"""What can follow most causes."""


class OnFailure(Strict):
    """What follows an attempt that ended too early; what is left out is as in `DEFAULTS`."""

    walltime: Again | None = None
    """The job's time was over."""
    preempted: Again | None = None
    """The scheduler has taken the node for another job."""
    node_lost: Again | None = None
    """The machine died."""
    out_of_memory: Literal["more_memory", "resume", "stop"] | None = None
    """The job had too little memory."""
    diverged: Again | None = None
    """A number that must be finite was not."""
    not_positive_definite: Again | None = None
    """A matrix has no Cholesky factor."""
    bad_data: Again | None = None
    """Frames are missing, damaged, or cannot be trained on."""
    broken_environment: Again | None = None
    """Something cannot be imported, or a device is missing."""
    disk_full: Again | None = None
    """There was no room for what had to be written."""
    cancelled: Again | None = None
    """Somebody has asked the job to stop."""
    error: Again | None = None
    """It failed in another way, with a message."""
    unknown: Again | None = None
    """It was killed, and nobody knows why."""


DEFAULTS: Final[Mapping[Cause, Rule]] = {
    Cause.WALLTIME: Rule.RESUME,
    Cause.PREEMPTED: Rule.RESUME,
    Cause.NODE_LOST: Rule.RESUME,
    Cause.OUT_OF_MEMORY: Rule.MORE_MEMORY,
    # The same numbers would come to the same end.
    Cause.DIVERGED: Rule.STOP,
    Cause.NOT_POSITIVE_DEFINITE: Rule.STOP,
    # Somebody has to do something first.
    Cause.BAD_DATA: Rule.STOP,
    Cause.BROKEN_ENVIRONMENT: Rule.STOP,
    Cause.DISK_FULL: Rule.STOP,
    Cause.ERROR: Rule.STOP,
    # Whoever has cancelled gives `resume` when it is to go on.
    Cause.CANCELLED: Rule.RESUME,
    Cause.UNKNOWN: Rule.RESUME,
}
"""The rules where neither grid nor profile says anything."""


def rules(
    grid: Mapping[str, Any] | None, profile: Mapping[str, Any] | None
) -> Mapping[Cause, Rule]:
    """Return the rule of each cause.

    Parameters
    ----------
    grid, profile
        What each says under ``on_failure``, as plain values; None if nothing. The grid
        wins.
    """
    said = {**_said(profile), **_said(grid)}
    return {cause: Rule(said.get(cause.key, rule)) for cause, rule in DEFAULTS.items()}


def _said(rules_: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: rule for key, rule in (rules_ or {}).items() if rule is not None}

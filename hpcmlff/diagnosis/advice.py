"""What will be done about an attempt's end, or what to do; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hpcmlff.diagnosis.facts import Facts
from hpcmlff.diagnosis.following import Following
from hpcmlff.spec.causes import Cause, Rule

_FIRST: Final[Mapping[Cause, str]] = {
    Cause.OUT_OF_MEMORY: "Give it more mem_gb under 'resources'",
    Cause.DIVERGED: "Change the setting that the message names in the grid, which makes a new "
    "cell: this one would end the same way, and another seed is another cell",
    Cause.NOT_POSITIVE_DEFINITE: "Raise lam or lower sigma in the grid, which makes a new cell, "
    "or remove frames that are there twice",
    Cause.BAD_DATA: "Put the data right: python -m hpcmlff.store verify shows what is damaged, "
    "python -m hpcmlff.data inspect what is wrong with a file",
    Cause.BROKEN_ENVIRONMENT: "Put right what the jobs cannot find: 'setup' and 'python' in the "
    "profile, or what is installed there",
    Cause.DISK_FULL: "Make room: python -m hpcmlff.store du shows where the bytes are, prune "
    "removes what is no longer needed",
    Cause.ERROR: "Look into its log",
}
"""What to do before it is worth while to try again."""

_MOST: Final = (
    "It had the most memory that a job can get here. Choose a smaller size, or a partition or "
    "profile with more memory"
)


def advice(cause: Cause, follows: Following, facts: Facts) -> str:
    """Return what follows in words.

    Parameters
    ----------
    cause
        Why the attempt ended.
    follows
        What its rule says.
    facts
        What is known of it.
    """
    if cause is Cause.FINISHED:
        return "Nothing is left to do"
    if follows.rule is Rule.STOP:
        return _stopping(cause, follows)
    begins = "begins anew" if facts.saved_s is None else "goes on from its checkpoint"
    more = f" with {follows.mem_gb:g} GiB" if follows.mem_gb is not None else ""
    return f"The next job {begins}{more}; `resume` submits it where there is none"


def _stopping(cause: Cause, follows: Following) -> str:
    first = _MOST if follows.exhausted else _FIRST.get(cause, "on_failure says stop")
    return f"{first}. Then `retry` tries it again"

"""States of cells and jobs, and what follows from them."""

from __future__ import annotations

from enum import StrEnum


class CellState(StrEnum):
    """Where a cell stands."""

    PENDING = "pending"
    """Never started, and no job has it."""
    QUEUED = "queued"
    """A job has it and has not started it."""
    RUNNING = "running"
    """A job is training it."""
    STOPPED = "stopped"
    """Begun, not finished, and no job has it: `resume` goes on from its checkpoint."""
    FAILED = "failed"
    """Its last attempt ended with an error."""
    DONE = "done"
    """Trained and scored."""
    ELSEWHERE = "elsewhere"
    """Not finished, and leased to another site: no job of this one trains it."""


class JobState(StrEnum):
    """What a scheduler knows of a job."""

    QUEUED = "queued"
    """Waiting."""
    RUNNING = "running"
    """On a node."""
    ENDED = "ended"
    """No longer known as waiting or running."""
    UNKNOWN = "unknown"
    """The scheduler could not be asked."""


LIVE = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.UNKNOWN})
"""A job in one of these states may still train its cells."""

"""Why an attempt ended, and what follows from it."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why an attempt ended, in plain words."""

    FINISHED = "finished"
    """The cell is done."""
    WALLTIME = "walltime"
    """The job's time was over."""
    PREEMPTED = "preempted"
    """The scheduler stopped the job for another one, and runs it again."""
    NODE_LOST = "node lost"
    """The machine died, or was no longer seen."""
    OUT_OF_MEMORY = "out of memory"
    """It needed more memory than the job had."""
    DIVERGED = "diverged"
    """A number that must be finite was not."""
    NOT_POSITIVE_DEFINITE = "not positive definite"
    """A matrix has no Cholesky factor."""
    BAD_DATA = "bad data"
    """Frames are missing, damaged, or cannot be trained on."""
    BROKEN_ENVIRONMENT = "environment broken"
    """Something cannot be imported, or a device is missing."""
    DISK_FULL = "disk full"
    """There was no room for what had to be written."""
    CANCELLED = "cancelled"
    """Somebody has asked the job to stop."""
    ERROR = "error"
    """It failed in a way of its own; its message says how."""
    UNKNOWN = "unknown"
    """Nobody saw its end."""

    @property
    def key(self) -> str:
        """Its name under ``on_failure``."""
        return self.name.lower()


class Rule(StrEnum):
    """What follows an attempt that ended before its cell was done.

    The same cell, with the same seed, is submitted again or not: another seed is another
    cell, and never a way out.
    """

    RESUME = "resume"
    """``resume`` submits the cell again as it is; it goes on from its checkpoint."""
    MORE_MEMORY = "more_memory"
    """The same with half as much memory again, up to the most a job can get; then stop."""
    STOP = "stop"
    """The cell has failed; it is submitted again by ``retry`` only."""

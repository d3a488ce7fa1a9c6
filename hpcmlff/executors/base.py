"""What an executor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hpcmlff.spec.states import JobState

Job = Mapping[str, Any]
"""What an executor returns for a submission: plain JSON values for the ledger."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is submitted: an importable function with plain arguments."""

    function: str
    """``module:function``."""
    arguments: tuple[str | int, ...]
    """Its arguments."""
    name: str
    """Name of the job."""
    folder: Path
    """Private folder for pickles and logs."""
    gpus: int
    """GPUs of the job."""
    walltime_s: int
    """Longest run."""
    grace_s: int
    """Time between the request to stop and the end."""


class Executor(Protocol):
    """Submits, watches and cancels jobs of one kind of scheduler."""

    def submit(self, work: Work) -> Job:
        """Submit a job and return what finds it again.

        Raises
        ------
        SchedulerError
            The job was refused.
        """
        ...

    def states(self, jobs: Sequence[Job]) -> list[JobState]:
        """Return the states of all these jobs, with one call to the scheduler."""
        ...

    def cancel(self, jobs: Sequence[Job]) -> None:
        """Ask these jobs to stop; cells commit a checkpoint first.

        Raises
        ------
        SchedulerError
            A job could not be reached.
        """
        ...

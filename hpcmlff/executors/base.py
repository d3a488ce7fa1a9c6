"""What an executor is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hpcmlff.spec.plan import Placement
from hpcmlff.spec.states import JobState

Job = Mapping[str, Any]
"""What an executor returns for a submission: plain JSON values for the ledger."""

JobStates = tuple[JobState, ...]
"""State of each element of a job, in their order."""


Causes = Mapping[int, tuple[str, ...]]
"""Element to how its runs ended, in words such as ``NODE_FAIL``; the last run is the last one,
and a scheduler may know of no other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is submitted: an importable function with plain arguments."""

    function: str
    """``module:function``."""
    arguments: tuple[str | int, ...]
    """Its arguments, the same for every element."""
    name: str
    """Name of the job; ends in the submission's mark."""
    folder: Path
    """Folder of this submission's pickles and logs, readable by its owner only."""
    elements: int
    """Number of elements; more than one make an array."""
    placement: Placement
    """Where they run, and what each gets."""
    grace_s: int
    """Time between the request to stop and the end."""
    after: Job | None = None
    """A job whose end this one waits for."""


class Executor(Protocol):
    """Submits, watches and cancels jobs of one kind of scheduler."""

    def render(self, work: Work) -> str:
        """Return the script that would be submitted; empty where there is none."""
        ...

    def submit(self, work: Work) -> Job:
        """Submit a job and return what finds it again.

        Raises
        ------
        JobRefused
            The job was refused, and there is none.
        SchedulerError
            Something went wrong; there may be a job, which `find` will see.
        """
        ...

    def find(self, work: Work) -> Job | None:
        """Return the job of a submission that was cut off, made fit to run; None if there is none.

        Raises
        ------
        SchedulerError
            The scheduler could not be asked.
        """
        ...

    def states(self, jobs: Sequence[Job]) -> list[JobStates]:
        """Return the states of all these jobs, with one call to the scheduler.

        What cannot be asked is UNKNOWN, never ended.
        """
        ...

    def causes(self, jobs: Sequence[Job]) -> list[Causes]:
        """Return how elements ended, as far as the scheduler knows, with one call to it."""
        ...

    def cancel(self, jobs: Sequence[Job], elements: Sequence[Sequence[int]] = ()) -> None:
        """Ask these jobs to stop; cells commit a checkpoint first.

        Parameters
        ----------
        jobs
            The jobs.
        elements
            For each job those of its elements that are meant, or nothing for the whole job;
            whole jobs if left out.

        Raises
        ------
        SchedulerError
            A job could not be reached.
        """
        ...

"""What a job sees of the scheduler it runs under."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from hpcmlff.executors.base import Job


class Node(Protocol):
    """A job seen from inside."""

    def element(self) -> int:
        """Return the number of this element of its array; 0 for a single job."""
        ...

    def job(self, elements: int) -> Job:
        """Return what the executor's `submit` returned for this job."""
        ...

    def run(self) -> int | None:
        """Return how often the scheduler has run this job before; None if it does not say."""
        ...

    def time_left_s(self) -> float | None:
        """Return the seconds to the end of the job's time; None if nobody says."""
        ...


def node_of(scheduler: str) -> Node:
    """Return how a job sees its scheduler, by the name in its profile."""
    return cast("Node", import_module(f"hpcmlff.executors.{scheduler}_node"))

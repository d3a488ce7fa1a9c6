"""What the ledger holds of a submission: what was to be done, what became of it, how it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """A submission to be made."""

    profile: Mapping[str, Any]
    """The profile it is submitted by, as plain values."""
    cells: tuple[str, ...]
    """Ids of the cells the job works through, in the order of its elements; so many for each
    as its placement says."""
    mark: str
    """A random word the job carries, by which it can be found again."""
    revision: int
    """Revision of the frozen grid."""
    placement: Mapping[str, Any]
    """Where the job runs and what each element gets; a `Placement` as plain values."""
    after: int | None = None
    """Number of the submission whose end this one waits for; None for none."""
    mem_gb: tuple[float, ...] = ()
    """Memory of each cell, GiB, where those of one element differ; else see `placement`."""
    retry: bool = False
    """Failed cells were asked for; what failed before does not count against them."""
    successor_of: int | None = None
    """Number of the submission whose job has submitted this one; None for a command's."""
    raised: tuple[str, ...] = ()
    """Cells that have run out of memory before, and get more than the grid says since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record(Intent):
    """One submission."""

    number: int
    """Counted from 1."""
    job: Mapping[str, Any] | None
    """What the executor returned; None if the submission was cut off."""
    ended: bool
    """The job is known to be over."""

    @property
    def cells_per_element(self) -> int:
        """Cells that one element works through; one if the record does not say."""
        return int(self.placement.get("cells_per_element", 1))

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.ceil(len(self.cells) / self.cells_per_element)

    @property
    def takes_turns(self) -> bool:
        """Its cells may wait for each other; on a cluster all of an element begin at once."""
        return self.cells_per_element > 1 and self.profile.get("scheduler") == "local"

    def memory_gb(self, cell_id: str) -> float:
        """Return the memory that one of the cells gets, GiB."""
        own = dict(zip(self.cells, self.mem_gb, strict=False))
        return float(own.get(cell_id, self.placement["mem_gb"] / self.cells_per_element))

    def element(self, cell_id: str) -> int:
        """Return the number of the element that has a cell, counted from 0."""
        return self.cells.index(cell_id) // self.cells_per_element

    def cells_of(self, element: int) -> tuple[str, ...]:
        """Return the ids of the cells that an element has."""
        first = element * self.cells_per_element
        return self.cells[first : first + self.cells_per_element]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How one element of a job ended, as others saw it."""

    words: str = ""
    """How the scheduler says its last run ended; empty if it does not say."""
    earlier: tuple[str, ...] = ()
    """How it says those before ended, the oldest first."""
    line: str = ""
    """The line of the element's output that tells why."""

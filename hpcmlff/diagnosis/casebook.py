"""What the ledger and the grid say that matters for diagnoses, each read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff.diagnosis.following import Means
from hpcmlff.diagnosis.telling import telling_line
from hpcmlff.errors import StoreError
from hpcmlff.executors.capacity import capacity_of
from hpcmlff.executors.job_output import end_of
from hpcmlff.spec.causes import Cause
from hpcmlff.spec.on_failure import rules
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Profile, profile_from
from hpcmlff.spec.resources import Cores
from hpcmlff.store.ledger import Ending

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.spec.causes import Rule
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entry:
    """A submission, and how its job ended as far as that is known."""

    record: Record
    """The submission."""
    cancelled: frozenset[str]
    """Ids of the cells that its job was asked to leave; all of them if it was to stop."""
    endings: Mapping[int, Ending]
    """Element to how it ended."""
    elements: Mapping[str, int]
    """Id of each cell to its element."""
    outputs: Path
    """Folder of what its elements have printed."""

    def ending(self, cell_id: str) -> Ending:
        """Return how the element of a cell ended; empty where that is not known."""
        return self.endings.get(self.elements.get(cell_id, -1), Ending())

    def printed(self, cell_id: str) -> str:
        """Return the telling line of what the element of a cell has printed so far."""
        element = self.elements.get(cell_id, -1)
        return telling_line(end_of(self.outputs, element))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Casebook:
    """Reads a store's ledger and rules for as many diagnoses as are asked for."""

    store: Store
    """The store."""
    profile: Profile | None = None
    """How the next jobs will be run; each job's own profile if left out."""
    _entries: dict[int, Entry | None] = field(default_factory=dict)
    _known: dict[int, Mapping[Cause, Rule]] = field(default_factory=dict)
    _most: dict[int, float] = field(default_factory=dict)
    _numbers: list[int] = field(default_factory=list)

    def entry(self, number: int) -> Entry | None:
        """Return a submission; None if there is none, or it is damaged."""
        if number not in self._entries:
            self._entries[number] = self._read(number)
        return self._entries[number]

    def newest_with(self, cell_id: str) -> int:
        """Return the number of a cell's newest submission; 0 for none."""
        if not self._numbers:
            self._numbers.extend(reversed(self.store.ledger.numbers()))
        entries = ((number, self.entry(number)) for number in self._numbers)
        return next((n for n, one in entries if one and cell_id in one.elements), 0)

    def means(self, entry: Entry | None, cell_id: str, cause: Cause) -> Means:
        """Return the rules, and the memory that a cell had and could get.

        Parameters
        ----------
        entry
            The submission of its last job; None if it is not known.
        cell_id
            The cell.
        cause
            Why the job ended; what a job could get is looked up only where it matters.
        """
        if entry is None:
            return Means(rules=self._rules(None))
        return Means(
            rules=self._rules(entry.record),
            mem_gb=entry.record.memory_gb(cell_id),
            most_gb=self._most_gb(entry.record) if cause is Cause.OUT_OF_MEMORY else None,
        )

    def _read(self, number: int) -> Entry | None:
        if number <= 0:
            return None
        ledger = self.store.ledger
        try:
            record = ledger.read(number)
        except StoreError:
            return None
        each, whole = record.cells_per_element, ledger.is_cancelled(number)
        return Entry(
            record=record,
            cancelled=frozenset(record.cells) if whole else ledger.cancelled_cells(number),
            endings=ledger.endings(number) if record.ended else {},
            elements={cell_id: place // each for place, cell_id in enumerate(record.cells)},
            outputs=self.store.layout.private / record.mark,
        )

    def _rules(self, record: Record | None) -> Mapping[Cause, Rule]:
        number = 0 if record is None or self.profile is not None else record.number
        if number not in self._known:
            profile = record.profile.get("on_failure") if record and number else None
            if self.profile is not None:
                profile = self.profile.on_failure.model_dump(mode="json")
            self._known[number] = rules(self._of_grid(), profile)
        return self._known[number]

    def _of_grid(self) -> Mapping[str, Any] | None:
        """Return what the newest grid says: who has changed a rule means what is to come."""
        grids = self.store.grids
        newest = grids.newest()
        return grids.head(newest).grid.get("on_failure") if newest else None

    def _most_gb(self, record: Record) -> float:
        if record.number not in self._most:
            place, profile = record.placement, self.profile or profile_from(record.profile)
            cores = Cores.model_construct(cpus=place["cpus"], gpus=place["gpus"])
            self._most[record.number] = _most_gb(profile, cores, record.cells_per_element)
        return self._most[record.number]


def _most_gb(profile: Profile, job: Cores, cells: int) -> float:
    """Return the most memory that each cell of a job with these cores and GPUs can get, GiB."""
    if isinstance(profile, ClusterProfile):
        fit = (one for one in profile.partitions if one.cpus >= job.cpus and one.gpus >= job.gpus)
        return max((one.for_each(cells).mem_gb for one in fit), default=0.0)
    assert isinstance(profile, LocalProfile)
    return capacity_of(profile).mem_gb

"""The room that cells side by side have: a whole job of a cluster, or a share of this machine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Protocol, cast

from hpcmlff.executors.capacity import Capacity, capacity_of
from hpcmlff.spec.profile import profile_from
from hpcmlff.worker.neighbours import used_by_others

if TYPE_CHECKING:
    from hpcmlff.spec.profile import LocalProfile
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """What a running cell has."""

    resources: Resources
    """Its share."""
    gpus: tuple[int, ...] = ()
    """Numbers of its GPUs, where we give them out."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that tell it so."""


class Room(Protocol):
    """Gives cells their seats."""

    def take(self, wanted: Resources) -> Seat | None:
        """Return a seat, or None while there is none."""
        ...

    def leave(self, seat: Seat) -> None:
        """Take a seat back."""
        ...


class WholeJob:
    """A job of a cluster: made for all of its cells, so that each begins at once.

    They see the GPUs that the scheduler has given to the job, all of them the same.
    """

    def take(self, wanted: Resources) -> Seat:
        """Return a seat."""
        return Seat(resources=wanted)

    def leave(self, seat: Seat) -> None:
        """Leave it free: nobody else comes."""


@dataclass(kw_only=True, slots=True)
class Machine:
    """A machine without a scheduler, which jobs of the same store share."""

    store: Store
    """The store."""
    record: int
    """Number of the submission in the ledger."""
    capacity: Capacity
    """What the job may use in all."""
    look_s: float
    """Time between two looks at what other jobs are using."""
    cells_per_job: int
    """Cells that share GPUs, unless the grid says it."""
    taken: list[Seat] = field(default_factory=list)
    """Seats in use."""
    others: list[Resources] = field(default_factory=list)
    """What other jobs of the store are using here."""
    looked: float = float("-inf")
    """When that was found out."""

    def take(self, wanted: Resources) -> Seat | None:
        """Return a seat, or None while there is none."""
        self._look()
        gpus = self._gpus(wanted)
        if gpus is None or not self._left().fits(_without_gpus(wanted)):
            return None
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))}
        seat = Seat(resources=wanted, gpus=gpus, variables=visible)
        self.taken.append(seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """Take a seat back."""
        self.taken.remove(seat)

    def _look(self) -> None:
        # Seldom: another job's cell may start a moment later all the same.
        if time.monotonic() - self.looked >= self.look_s:
            self.others = used_by_others(self.store, self.record)
            self.looked = time.monotonic()

    def _left(self) -> Capacity:
        # Counted anew each time: adding and taking away GiB would drift.
        used = [*self.others, *(seat.resources for seat in self.taken)]
        return reduce(Capacity.less, map(_without_gpus, used), self.capacity)

    def _gpus(self, wanted: Resources) -> tuple[int, ...] | None:
        if not wanted.gpus:
            return ()
        sharing = [seat.gpus for seat in self.taken if seat.resources == wanted]
        most = wanted.cells_per_job or self.cells_per_job
        open_to_more = (gpus for gpus in sharing if sharing.count(gpus) < most)
        if (gpus := next(open_to_more, None)) is not None:
            return gpus
        in_use = {number for seat in self.taken for number in seat.gpus}
        free = [number for number in range(self.capacity.gpus) if number not in in_use]
        elsewhere = sum(one.gpus for one in self.others)
        return tuple(free[: wanted.gpus]) if len(free) - elsewhere >= wanted.gpus else None


def _without_gpus(one: Resources) -> Resources:
    # Those are counted by their numbers, since cells may share them.
    return one.model_copy(update={"gpus": 0})


def machine_of(store: Store, record: Record) -> Machine:
    """Return the room of a job of this machine."""
    profile = cast("LocalProfile", profile_from(record.profile))
    return Machine(
        store=store,
        record=record.number,
        capacity=capacity_of(profile),
        look_s=profile.progress_interval,
        cells_per_job=profile.cells_per_job,
    )

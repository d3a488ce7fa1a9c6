"""What a cell needs of a machine, and what it is given where the grid says ``auto``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.spec.fitting import LEAST_TRAINING_SHARE
from hpcmlff.spec.strict import AUTO

if TYPE_CHECKING:
    from hpcmlff.spec.profile import Partition
    from hpcmlff.spec.resources import Asked, Resources

WALLTIME_SAFETY = 1.5
"""Walltime asked for, over the time a training is expected to take. What is too little
costs a further job, what is too much a longer wait in the queue."""

MEMORY_STEP = 1.5
"""Memory of the next job, over that of the one that ran out of it."""

_STEPS_S = tuple(60 * minutes for minutes in (5, 15, 30, 60, 120, 240, 480, 720, 1440, 2880))
"""Walltimes that are asked for, so that cells of similar need share an array; longer
ones are whole days."""
_DAY_S = 86400
_STEPS_GB = ((8.0, 0.5), (32.0, 1.0), (math.inf, 4.0))
"""Below so many GiB memory is asked for in steps of so many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """What one cell needs, as its trainer estimates it."""

    mem_gb: float
    """Memory it is comfortable with, GiB."""
    least_mem_gb: float
    """Memory below which it cannot be trained, GiB."""
    disk_gb: float
    """Blocks and checkpoints, GiB."""
    wall_s: float
    """Time from beginning to end."""
    measured: bool
    """The time follows from what was measured on this cluster."""
    finished: int = 0
    """Finished cells of the same kind that the time is from; 0 if it is from rates."""
    freed_gb: float = 0.0
    """Part of `disk_gb` that is free again once the cell is done, GiB."""

    @property
    def time_from(self) -> str:
        """What the time is from: ``finished`` cells, measured ``rates`` or the ``default``."""
        return "finished" if self.finished else "rates" if self.measured else "default"


def walltimes(wall_s: float, walltime_s: int, grace_s: int) -> int:
    """Return the number of jobs of a length, one after the other, that so much time takes.

    Parameters
    ----------
    wall_s
        Time to be trained.
    walltime_s
        Length of a job.
    grace_s
        Time at the end of a job in which nothing is trained.
    """
    return max(1, math.ceil(wall_s / max(1, walltime_s - grace_s)))


def rounded_gb(mem_gb: float) -> float:
    """Return memory rounded up: to half a GiB below 8, to one below 32, then to four."""
    step = next(step for below, step in _STEPS_GB if mem_gb < below)
    return math.ceil(mem_gb / step) * step


def raised_gb(mem_gb: float, most_gb: float) -> float | None:
    """Return the memory of the next job after one that ran out of it; None if there is no more.

    Parameters
    ----------
    mem_gb
        What the job had, GiB.
    most_gb
        The most that a job can get, GiB.
    """
    return min(rounded_gb(MEMORY_STEP * mem_gb), most_gb) if mem_gb < most_gb else None


def walltime_for(wall_s: float, longest_s: int, grace_s: int) -> int:
    """Return the walltime to ask for.

    Parameters
    ----------
    wall_s
        Expected time of the training.
    longest_s
        Longest walltime there is; a longer training goes on in the next job.
    grace_s
        Time at the end of a job in which nothing is trained.
    """
    wanted = max(WALLTIME_SAFETY * wall_s + grace_s, LEAST_TRAINING_SHARE * grace_s)
    days_s = math.ceil(wanted / _DAY_S) * _DAY_S
    return min(longest_s, next((step for step in _STEPS_S if step >= wanted), days_s))


def allot(offers: Sequence[Partition], asked: Asked, need: Need, grace_s: int) -> Resources | None:
    """Return what a cell is given, or None if its memory does not suffice to train it.

    Memory that is ``auto`` becomes the comfortable amount, or what the first partition
    offers that suffices at all. What fits no partition for another reason, or asks for
    more memory than there is, is returned for `hpcmlff.spec.plan.fitting` to refuse.

    Parameters
    ----------
    offers
        Partitions in the order of preference.
    asked
        What the grid says.
    need
        What the trainer estimates.
    grace_s
        The profile's grace time.
    """
    fit = fitting_but_for_memory(offers, asked)
    least_gb = max(need.least_mem_gb, asked.stated_gb or 0.0)
    place = next((one for one in fit if one.mem_gb >= least_gb), None)
    too_little = place is None if asked.stated_gb is None else asked.stated_gb < need.least_mem_gb
    if fit and too_little:
        return None
    mem_gb = given_gb(need, place) if asked.stated_gb is None else asked.stated_gb
    walltime_s = asked.stated_walltime_s
    if asked.walltime == AUTO and place is not None:
        walltime_s = walltime_for(need.wall_s, place.walltime, grace_s)
    return asked.granted(mem_gb, walltime_s)


def fitting_but_for_memory(offers: Sequence[Partition], asked: Asked) -> list[Partition]:
    """Return the partitions that offer a cell all but, perhaps, its memory."""
    return [
        one
        for one in offers
        if asked.cpus <= one.cpus
        and asked.gpus <= one.gpus
        and (asked.stated_walltime_s or 0) <= one.walltime
    ]


def given_gb(need: Need, place: Partition | None) -> float:
    """Return the memory ``auto`` stands for on a partition, GiB; None for no partition."""
    comfortable_gb = rounded_gb(need.mem_gb)
    return comfortable_gb if place is None else min(comfortable_gb, place.mem_gb)

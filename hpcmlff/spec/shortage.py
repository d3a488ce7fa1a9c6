"""Cells whose memory does not suffice, in words: what they need and what would do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import GridError
from hpcmlff.spec.needs import given_gb

if TYPE_CHECKING:
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.profile import Partition

_SHOWN = 10
"""Kinds of cells that are listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """Cells of one kind that could not be trained."""

    label: str
    """One of them."""
    cells: int
    """Their number."""
    stated_gb: float | None
    """Memory the grid gives them, GiB; None if it is ``auto``."""
    need: Need
    """What they need."""
    places: tuple[Partition, ...]
    """Partitions that offer all but, perhaps, their memory: what one cell can get there."""
    largest_size: int
    """Training frames for which `limit_gb` would suffice; 0 for none."""

    def what(self, profile: str) -> str:
        """Return what is needed and what there is."""
        name = f"{self.label} ({self.cells} cells)" if self.cells > 1 else self.label
        text = f"{name} needs at least {_up(self.need.least_mem_gb):g} GiB"
        if self._place is not None:
            return f"{text}, its mem_gb is {self.stated_gb:g}"
        offers = ", ".join(_offer(one) for one in self.places)
        return f"{text}; the profile {profile!r} offers: {offers}"

    def advice(self) -> str:
        """Return what would do."""
        smaller = f"a size up to {self.largest_size}" if self.largest_size else ""
        if self._place is not None:
            enough = f"write mem_gb: {_up(given_gb(self.need, self._place)):g} or auto"
            return f"{enough}, or choose {smaller}" if smaller else enough
        smaller += " with mem_gb: auto" if smaller and self.stated_gb is not None else ""
        larger = "a partition or profile with more memory"
        if any(one.cells_per_job > 1 for one in self.places):
            larger = f"fewer cells_per_job, or {larger}"
        return f"choose {smaller}, or {larger}" if smaller else f"choose {larger}"

    @property
    def _place(self) -> Partition | None:
        return next((one for one in self.places if one.mem_gb >= self.need.least_mem_gb), None)


def limit_gb(stated_gb: float | None, need: Need, places: Sequence[Partition]) -> float:
    """Return the memory a smaller size would have to do with, GiB.

    Parameters
    ----------
    stated_gb
        What the grid says; None if it is ``auto``.
    need
        What the cell needs.
    places
        Partitions that offer all but, perhaps, its memory.
    """
    most_gb = max(one.mem_gb for one in places)
    return most_gb if stated_gb is None or most_gb < need.least_mem_gb else stated_gb


def refusal(profile: str, found: Sequence[Shortage]) -> GridError:
    """Return the error that names these cells, the first of them if they are many.

    Parameters
    ----------
    profile
        Name of the cluster's profile.
    found
        At least one shortage.
    """
    key = ("resources",)
    if len(found) == 1:
        advice = found[0].advice()
        return GridError(found[0].what(profile), hint=advice[0].upper() + advice[1:], key=key)
    lines = [f"\n  {one.what(profile)}: {one.advice()}" for one in found[:_SHOWN]]
    if (more := len(found) - _SHOWN) > 0:
        lines.append(f"\n  and {more} more kinds of cells")
    number = sum(one.cells for one in found)
    return GridError(f"{number} cells need more memory than they get:{''.join(lines)}", key=key)


def _offer(place: Partition) -> str:
    cells = place.cells_per_job
    shared = f" for each of {cells} cells in one job" if cells > 1 else ""
    return f"{place.name} {_down(place.mem_gb):g} GiB{shared}"


def _up(mem_gb: float) -> float:
    return math.ceil(10 * mem_gb) / 10


def _down(mem_gb: float) -> float:
    return math.floor(10 * mem_gb) / 10

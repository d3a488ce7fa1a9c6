"""What a cell has cost: all its attempts, those that came to nothing as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import read_json

if TYPE_CHECKING:
    from hpcmlff.store.layout import AttemptFolder, CellFolder
    from hpcmlff.store.ledger import Ledger

Share = Mapping[str, Any]
"""What one attempt did of what is in a checkpoint: an entry of its ``history``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a submission asked a scheduler for, for one cell."""

    cores: float
    """Cores; those of a job that cells share, over their number."""
    gpus: float
    """GPUs, likewise."""
    requested_core_s: float
    """Cores times walltime."""


Places = Callable[[int], Place | None]
"""Number of a submission to its place; None where no scheduler was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """Sums over the attempts of a cell."""

    core_s: float = 0.0
    """Cores times wall time: what a cluster accounts for."""
    gpu_s: float = 0.0
    """GPUs times wall time."""
    cpu_s: float = 0.0
    """CPU time that was really used."""
    requested_core_s: float = 0.0
    """Cores times the walltime that schedulers were asked for."""
    lost_core_s: float = 0.0
    """Part of ``core_s`` of which nothing is in the newest checkpoint: what attempts that
    were killed, preempted or failed did after the last checkpoint that was gone on from."""

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            core_s=self.core_s + other.core_s,
            gpu_s=self.gpu_s + other.gpu_s,
            cpu_s=self.cpu_s + other.cpu_s,
            requested_core_s=self.requested_core_s + other.requested_core_s,
            lost_core_s=self.lost_core_s + other.lost_core_s,
        )


def places(ledger: Ledger) -> Places:
    """Return a function that reads each submission once."""

    @cache
    def read(number: int) -> Place | None:
        try:
            record = ledger.read(number) if number else None
        except (StoreError, OSError):
            return None
        if record is None or record.profile.get("scheduler", "local") == "local":
            return None
        asked, cells = record.placement, record.cells_per_element
        return Place(
            cores=asked["cpus"] / cells,
            gpus=asked["gpus"] / cells,
            requested_core_s=asked["cpus"] * asked["walltime_s"] / cells,
        )

    return read


def spent(folder: CellFolder, history: Sequence[Share], places: Places) -> Spent:
    """Add up a cell's attempts.

    Parameters
    ----------
    folder
        The cell.
    history
        The shares of its attempts that are in its newest checkpoint; what came later, and
        attempts that have no share, are lost. Shares of attempts that are not here were
        merged from another store.
    places
        See `places`.
    """
    total, left = Spent(), {_name(share): share for share in history}
    newest = _name(history[-1]) if history else None
    for attempt in folder.attempts():
        start = read_json(attempt.start) or {}
        if "merged_from" in start:
            continue
        name = (attempt.number, start.get("started"))
        share = left.pop(name, None)
        # Writing and ending come after the newest share is written down; they are no loss.
        kept_s = None if name == newest else (share or {}).get("wall_s", 0.0)
        total += _of_attempt(attempt, start, kept_s, places)
    return sum((_of_share(share) for share in left.values()), total)


def _name(share: Share) -> tuple[int, str | None]:
    return int(share.get("attempt", 0)), share.get("started")


def _of_attempt(
    attempt: AttemptFolder, start: Mapping[str, Any], kept_s: float | None, places: Places
) -> Spent:
    # One that was killed has told how far it was a moment before.
    told = read_json(attempt.end) or read_json(attempt.progress) or {}
    wall_s, place = float(told.get("wall_s", 0.0)), places(int(start.get("record", 0)))
    cores = place.cores if place else int(start.get("threads", 1))
    return Spent(
        core_s=cores * wall_s,
        gpu_s=(place.gpus if place else bool(start.get("gpu"))) * wall_s,
        cpu_s=float(told.get("cpu_s", 0.0)),
        requested_core_s=place.requested_core_s if place else 0.0,
        lost_core_s=0.0 if kept_s is None else cores * max(0.0, wall_s - kept_s),
    )


def _of_share(share: Share) -> Spent:
    return Spent(
        core_s=float(share.get("threads", 1) * share["wall_s"]),
        gpu_s=float(bool(share.get("gpu")) * share["wall_s"]),
        cpu_s=float(share["cpu_s"]),
    )

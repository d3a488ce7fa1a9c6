"""What a submission is expected to take in all, and at most."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from heapq import nlargest
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.capacity import capacity_of
from hpcmlff.spec.plan import core_hours
from hpcmlff.spec.profile import ClusterProfile, LocalProfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hpcmlff.outlook.kinds import KindOutlook
    from hpcmlff.spec.plan import Batch
    from hpcmlff.spec.profile import Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Sums over the cells that are to be submitted."""

    cells: int
    """Number of cells."""
    jobs: int
    """Jobs that the scheduler gets; an array counts once."""
    elements: int
    """Elements of all of them."""
    core_h: float
    """Core-hours that are expected until all is done."""
    gpu_h: float
    """GPU-hours that are expected until all is done."""
    most_core_h: float | None
    """Core-hours that the jobs can use at most; None where nobody counts them."""
    most_gpu_h: float | None
    """The same for GPUs."""
    disk_gb: float
    """Disk at the worst moment, with as many cells beside each other as may run, GiB."""
    kept_gb: float
    """Part of it that stays, GiB."""
    free_gb: float
    """Free disk where the store is or will be, as the system tells; quotas are not seen."""
    machine_s: float | None
    """Time in which this machine is expected to be through; None on a cluster."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def totals(
    profile: Profile, batches: Sequence[Batch], kinds: Sequence[KindOutlook], store: Path
) -> Totals:
    """Add up what will be submitted.

    Parameters
    ----------
    profile
        The cluster.
    batches
        The jobs.
    kinds
        What their cells are expected to take.
    store
        Folder of the store; need not exist.
    """
    most = most_hours(profile, batches) if isinstance(profile, ClusterProfile) else (None, None)
    kept_gb = sum(one.cells * one.kept_gb for one in kinds)
    core_h = sum(one.core_h for one in kinds)
    return Totals(
        cells=sum(one.cells for one in kinds),
        jobs=links(profile) * len(batches),
        elements=links(profile) * sum(one.elements for one in batches),
        core_h=core_h,
        gpu_h=sum(one.gpu_h for one in kinds),
        most_core_h=most[0],
        most_gpu_h=most[1],
        disk_gb=kept_gb + _freed_gb(kinds, _side_by_side(profile, batches)),
        kept_gb=kept_gb,
        free_gb=free_gb(store),
        machine_s=_machine_s(profile, core_h, kinds) if isinstance(profile, LocalProfile) else None,
    )


def links(profile: Profile) -> int:
    """Return how many jobs are submitted for the same cells, one waiting for the other."""
    chained = isinstance(profile, ClusterProfile) and profile.requeue == "chain"
    return profile.chain_length if isinstance(profile, ClusterProfile) and chained else 1


def most_hours(profile: Profile, batches: Iterable[Batch]) -> tuple[float, float]:
    """Return the core-hours and GPU-hours that a submission can use at most."""
    cores, gpus = core_hours(batches)
    return links(profile) * cores, links(profile) * gpus


def free_gb(folder: Path) -> float:
    """Return the free disk of a folder that need not exist, GiB."""
    nearest = folder.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    return shutil.disk_usage(nearest).free / 2**30


def _side_by_side(profile: Profile, batches: Iterable[Batch]) -> int:
    """Return how many cells may run at the same time."""
    if isinstance(profile, LocalProfile):
        return capacity_of(profile).cells
    places = (one.placement for one in batches)
    return sum(place.parallel * place.cells_per_element for place in places)


def _freed_gb(kinds: Sequence[KindOutlook], side_by_side: int) -> float:
    """Return the disk that the most demanding of the cells need for a while."""
    each = chain.from_iterable(repeat(one.disk_gb - one.kept_gb, one.cells) for one in kinds)
    return sum(nlargest(side_by_side, each))


def _machine_s(profile: LocalProfile, core_h: float, kinds: Sequence[KindOutlook]) -> float:
    longest_s = max((one.left_s for one in kinds), default=0.0)
    here = capacity_of(profile)
    by_cores_s = 3600 * core_h / here.cpus
    by_cells_s = sum(one.cells * one.left_s for one in kinds) / here.cells
    return max(longest_s, by_cores_s, by_cells_s)

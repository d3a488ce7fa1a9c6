"""From cells that need a job to the jobs of a submission: pure, nothing is asked or written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, pairwise

from hpcmlff.errors import GridError
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Partition, Profile
from hpcmlff.spec.resources import Resources

LEAST_TRAINING_SHARE = 2
"""A job is at least this many times as long as its grace time, or nothing is left to train."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where the elements of a job run, and what each of them gets."""

    partition: str = ""
    """Name of the partition or queue; empty where there are none."""
    cpus: int
    """Cores of one element."""
    gpus: int
    """GPUs of one element."""
    mem_gb: float
    """Memory of one element, GiB."""
    walltime_s: int
    """Longest run of one element."""
    parallel: int
    """Most elements that run at the same time."""
    cells_per_element: int
    """Cells that one element works through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What becomes one job: a single one, or an array with one element a cell."""

    cells: tuple[Cell, ...]
    """Its cells, in the order of the elements."""
    placement: Placement
    """Where it runs."""
    mem_gb: tuple[float, ...] = ()
    """Memory of each cell, GiB, where those of one element differ."""

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.ceil(len(self.cells) / self.placement.cells_per_element)


def plan(profile: Profile, cells: Sequence[tuple[Cell, Resources]]) -> tuple[Batch, ...]:
    """Group cells into jobs: equal resources together, in chunks the cluster takes.

    Parameters
    ----------
    profile
        The cluster.
    cells
        Cells that need a job, with what each may use.

    Raises
    ------
    GridError
        A cell fits no partition.
    """
    if not cells:
        return ()
    if isinstance(profile, ClusterProfile):
        return tuple(_arrays(profile, cells))
    assert isinstance(profile, LocalProfile)
    placement = Placement(
        cpus=1,
        gpus=profile.gpus,
        mem_gb=1.0,
        walltime_s=profile.walltime,
        parallel=1,
        cells_per_element=len(cells),
    )
    mem_gb = tuple(share.mem_gb for _, share in cells)
    return (Batch(cells=tuple(cell for cell, _ in cells), placement=placement, mem_gb=mem_gb),)


def fitting(profile: ClusterProfile, wanted: Resources, label: str) -> Partition:
    """Return the first partition that holds a cell.

    Parameters
    ----------
    profile
        The cluster.
    wanted
        What the cell asks for.
    label
        The cell's name, for the message.

    Raises
    ------
    GridError
        None does: says what was asked and what each offers.
    """
    for partition in profile.partitions:
        if _fits(partition, wanted):
            _check_time(profile, wanted, partition, label)
            return partition
    offers = "".join(f"\n  {one.name}: {_words(one)}" for one in profile.partitions)
    raise GridError(
        f"{label} asks for {_words(wanted)}; no partition of the profile {profile.name!r} "
        f"offers that:{offers}",
        key=("resources",),
        hint="Ask for less, or change the profile",
    )


def partition_of(profile: ClusterProfile, place: Placement) -> Partition:
    """Return the partition of a placement.

    A profile may name one twice: for two kinds of nodes, or with two qualities of service.
    """
    wanted = Resources.model_construct(
        cpus=place.cpus, gpus=place.gpus, mem_gb=place.mem_gb, walltime=place.walltime_s
    )
    named = [one for one in profile.partitions if one.name == place.partition]
    return next((one for one in named if _fits(one, wanted)), named[0])


def enlarged(profile: ClusterProfile, place: Placement, mem_gb: float) -> Placement:
    """Return a placement with more memory: on its own partition, or the first that has so much.

    Parameters
    ----------
    profile
        The cluster.
    place
        What a job had.
    mem_gb
        Memory, GiB, which a partition with these cores and GPUs offers.
    """
    fit = [
        one
        for one in profile.partitions
        if one.cpus >= place.cpus and one.gpus >= place.gpus and one.mem_gb >= mem_gb
    ]
    own = next((one for one in fit if one.name == place.partition), fit[0])
    walltime_s = min(place.walltime_s, own.walltime)
    return replace(place, partition=own.name, mem_gb=mem_gb, walltime_s=walltime_s)


def core_hours(batches: Iterable[Batch]) -> tuple[float, float]:
    """Return the core-hours and GPU-hours that these jobs can use at most."""
    placed = [(one.placement, one.elements * one.placement.walltime_s / 3600) for one in batches]
    cores = sum(placement.cpus * hours for placement, hours in placed)
    return cores, sum(placement.gpus * hours for placement, hours in placed)


def _arrays(profile: ClusterProfile, cells: Sequence[tuple[Cell, Resources]]) -> Iterator[Batch]:
    groups: dict[tuple[Partition, Resources], list[Cell]] = {}
    found: dict[Resources, Partition] = {}
    for cell, wanted in cells:
        if wanted not in found:
            found[wanted] = fitting(profile, wanted, cell.label)
        groups.setdefault((found[wanted], wanted), []).append(cell)
    chunked = [(kind, chunk) for kind, group in groups.items() for chunk in _chunks(group, profile)]
    for number, ((partition, wanted), chunk) in zip(count(), chunked, strict=False):
        parallel = _share(profile.running_cap, number, len(chunked)) or len(chunk)
        yield Batch(cells=tuple(chunk), placement=_placement(partition, wanted, parallel))


def _chunks(cells: list[Cell], profile: ClusterProfile) -> Iterator[list[Cell]]:
    # Equal chunks rather than full ones and a rest: they end at about the same time.
    number = math.ceil(len(cells) / profile.array_cap)
    bounds = [len(cells) * part // number for part in range(number + 1)]
    return (cells[low:high] for low, high in pairwise(bounds))


def _share(cap: int | None, number: int, of: int) -> int | None:
    """Return one array's part of what may run at once; at least 1, or it would never run."""
    if cap is None:
        return None
    return max(1, cap * (number + 1) // of - cap * number // of)


def _placement(partition: Partition, wanted: Resources, parallel: int) -> Placement:
    return Placement(
        partition=partition.name,
        cpus=wanted.cpus,
        gpus=wanted.gpus,
        mem_gb=wanted.mem_gb,
        walltime_s=wanted.walltime or partition.walltime,
        parallel=parallel,
        cells_per_element=1,
    )


def _fits(partition: Partition, wanted: Resources) -> bool:
    return (
        wanted.cpus <= partition.cpus
        and wanted.gpus <= partition.gpus
        and wanted.mem_gb <= partition.mem_gb
        and (wanted.walltime or 0) <= partition.walltime
    )


def _check_time(
    profile: ClusterProfile, wanted: Resources, partition: Partition, label: str
) -> None:
    walltime_s = wanted.walltime or partition.walltime
    if walltime_s < LEAST_TRAINING_SHARE * profile.grace:
        raise GridError(
            f"{label}: a walltime of {walltime_s} s leaves no time to train beside the grace "
            f"time of {profile.grace} s",
            key=("resources",),
            hint="Ask for a longer walltime, or shorten `grace` in the profile",
        )


def _words(one: Partition | Resources) -> str:
    walltime = "any walltime" if one.walltime is None else f"{one.walltime / 3600:g} h"
    gpus = f"{one.gpus} gpus"
    return f"{one.cpus} cpus, {gpus}, {one.mem_gb:g} GiB, {walltime}"

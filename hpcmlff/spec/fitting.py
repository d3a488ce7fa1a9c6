"""Which partition of a cluster holds a cell, alone or beside others in one job; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hpcmlff.errors import GridError
from hpcmlff.spec.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import ClusterProfile, Partition

LEAST_TRAINING_SHARE = 2
"""A job is at least this many times as long as its grace time, or nothing is left to train."""


def fitting(profile: ClusterProfile, wanted: Resources, label: str) -> Partition:
    """Return the first partition that holds a cell, with those it shares a job with.

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
        None does: says what was asked, what each offers, and how many cells would fit.
    """
    for partition in profile.partitions:
        if _fits(partition.for_each(wanted.cells_per_job), wanted):
            _check_time(profile, wanted, partition, label)
            return partition
    offers = "".join(f"\n  {one}" for one in _offers(profile, wanted))
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


def most_cells(partition: Partition, wanted: Resources) -> int:
    """Return how many such cells fit into one job of a partition; 0 if not even one does."""
    longest = partition.cpus // wanted.cpus
    counts = range(longest, 0, -1)
    return next((number for number in counts if _fits(partition.for_each(number), wanted)), 0)


def _offers(profile: ClusterProfile, wanted: Resources) -> Iterator[str]:
    for one in profile.partitions:
        cells = wanted.cells_per_job or one.cells_per_job
        would = f" for {cells} cells in one job; {most_cells(one, wanted)} would fit"
        yield f"{one.name}: {_words(one)}{would if cells > 1 else ''}"


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

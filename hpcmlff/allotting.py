"""Giving every cell its resources, or refusing those that could not be trained with theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import GridError
from hpcmlff.executors.capacity import capacity_of, check_fits
from hpcmlff.spec.fitting import fitting
from hpcmlff.spec.needs import allot as allot_one
from hpcmlff.spec.needs import fitting_but_for_memory
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Partition
from hpcmlff.spec.shortage import Shortage, limit_gb, refusal

if TYPE_CHECKING:
    from hpcmlff.estimates import Estimates, Kind
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.profile import Profile
    from hpcmlff.spec.resources import Asked, Resources

    _Group = tuple[Kind, Asked, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A cell that is to get its resources."""

    label: str
    """Its name, for messages; cells that differ in their seeds may share it."""
    kind: Kind
    """What decides its need."""
    asked: Asked
    """What the grid says."""
    least_gb: float = 0.0
    """Memory it gets at the least, GiB, as far as there is so much: it ran out of less."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What a cell gets, and why."""

    resources: Resources
    """What it gets."""
    need: Need
    """What it needs."""
    raised: bool = False
    """It gets more memory than the grid says."""


def offers_of(profile: Profile, cells_per_job: int | None = None) -> tuple[Partition, ...]:
    """Return what a cell can get, the preferred first; this machine is one such place.

    Parameters
    ----------
    profile
        The cluster.
    cells_per_job
        Cells that share a job; None leaves it to each partition.
    """
    if isinstance(profile, ClusterProfile):
        return tuple(one.for_each(cells_per_job) for one in profile.partitions)
    assert isinstance(profile, LocalProfile)
    here = capacity_of(profile)
    place = Partition.model_construct(
        name="this machine",
        cpus=here.cpus,
        gpus=here.gpus,
        mem_gb=here.mem_gb,
        walltime=profile.walltime,
    )
    return (place,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allotment:
    """What cells get, as far as they can be trained."""

    shares: tuple[Share | None, ...]
    """What each of them gets; None for those that could not be trained."""
    refusal: GridError | None
    """Why not; None if all can be."""


def allot_all(
    profile: Profile, estimates: Estimates, subjects: Iterable[Subject]
) -> tuple[Share, ...]:
    """Return what each cell gets.

    Parameters
    ----------
    profile
        The cluster.
    estimates
        What cells need.
    subjects
        The cells.

    Raises
    ------
    GridError
        Cells could not be trained: each is named with what it needs and what would do;
        or one fits no partition for another reason.
    """
    found = allot(profile, estimates, tuple(subjects))
    if found.refusal is not None:
        raise found.refusal
    return tuple(share for share in found.shares if share is not None)


def allot(profile: Profile, estimates: Estimates, subjects: Sequence[Subject]) -> Allotment:
    """Return what each cell gets, and why some cannot be trained; see `allot_all`."""
    groups: dict[_Group, list[Subject]] = {}
    for one in subjects:
        groups.setdefault(_group(one), []).append(one)
    shares: dict[_Group, Share | None] = {}
    errors: list[GridError] = []
    for key, group in groups.items():
        try:
            shares[key] = _share(profile, estimates, group[0])
        except GridError as error:
            errors.append(error)
    short = [group for key, group in groups.items() if shares.get(key, ...) is None]
    if short:
        errors.append(refusal(profile.name, [_shortage(profile, estimates, one) for one in short]))
    return Allotment(
        shares=tuple(shares.get(_group(one)) for one in subjects),
        refusal=errors[0] if errors else None,
    )


def _group(one: Subject) -> _Group:
    return one.kind, one.asked, one.least_gb


def _share(profile: Profile, estimates: Estimates, one: Subject) -> Share | None:
    need = estimates.need(one.kind, one.asked)
    offers = offers_of(profile, one.asked.cells_per_job)
    given = allot_one(offers, one.asked, need, profile.grace)
    if given is None:
        return None
    most_gb = max((place.mem_gb for place in fitting_but_for_memory(offers, one.asked)), default=0)
    least_gb = min(one.least_gb, most_gb)
    if raised := least_gb > given.mem_gb:
        given = allot_one(offers, one.asked.with_memory(least_gb), need, profile.grace)
        assert given is not None
    if isinstance(profile, ClusterProfile):
        fitting(profile, given, one.label)
    elif isinstance(profile, LocalProfile):
        check_fits(capacity_of(profile), given, one.label, profile.name)
    return Share(resources=given, need=need, raised=raised)


def _shortage(profile: Profile, estimates: Estimates, group: Sequence[Subject]) -> Shortage:
    one = group[0]
    need, stated_gb = estimates.need(one.kind, one.asked), one.asked.stated_gb
    offers = offers_of(profile, one.asked.cells_per_job)
    places = fitting_but_for_memory(offers, one.asked)
    limit = limit_gb(stated_gb, need, places)
    return Shortage(
        label=one.label,
        cells=len(group),
        stated_gb=stated_gb,
        need=need,
        places=tuple(places),
        largest_size=estimates.largest_size(one.kind, one.asked, limit),
    )

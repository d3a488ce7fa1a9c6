from __future__ import annotations

from typing import Any

import pytest

from hpcmlff.allotting import Share, Subject, allot_all, offers_of
from hpcmlff.data.extent import Extent
from hpcmlff.errors import GridError
from hpcmlff.estimates import Estimates, Kind
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Partition
from hpcmlff.spec.resources import Asked, Resources

HERE = LocalProfile(name="here", scheduler="local", cpus=4, mem_gb=6.0)
THERE = ClusterProfile(
    name="there",
    scheduler="slurm",
    partitions=(
        Partition(name="small", cpus=4, mem_gb=0.1, walltime="2h"),
        Partition(name="large", cpus=64, mem_gb=64.0, walltime="48h"),
    ),
)


def subject(label: str = "mean/springs/n10", least_gb: float = 0.0, **asked: Any) -> Subject:
    kind = Kind(model="mean", molecule="springs", size=10, settings="{}")
    return Subject(label=label, kind=kind, asked=Asked(**asked), least_gb=least_gb)


def allotted(profile: ClusterProfile | LocalProfile, *subjects: Subject) -> tuple[Share, ...]:
    extent = Extent(n_atoms=10, n_validation=10)
    estimates = Estimates(extent_of=lambda _: extent, rates_of=lambda *_: {})
    return allot_all(profile, estimates, subjects)


def shares(profile: ClusterProfile | LocalProfile, *subjects: Subject) -> list[Resources]:
    return [one.resources for one in allotted(profile, *subjects)]


def test_a_machine_without_partitions_is_one_place() -> None:
    [place] = offers_of(HERE)
    assert (place.name, place.cpus, place.gpus, place.mem_gb) == ("this machine", 4, 0, 6.0)
    assert offers_of(THERE) == THERE.partitions


def test_every_cell_gets_its_share_in_the_order_of_the_cells() -> None:
    found = shares(THERE, subject(mem_gb=3), subject(mem_gb="auto", cpus=2), subject(mem_gb=3))
    assert found == [Resources(mem_gb=3.0), Resources(mem_gb=0.5, cpus=2), Resources(mem_gb=3.0)]
    assert shares(HERE) == []


def test_a_cell_that_fits_nowhere_at_all_is_refused_for_that() -> None:
    for profile in (HERE, THERE):
        with pytest.raises(GridError, match="asks for 65 cpus, 0 gpus, 0.5 GiB"):
            shares(profile, subject(mem_gb="auto", cpus=65))
        with pytest.raises(GridError, match="asks for 65 cpus, 0 gpus, 0.1 GiB"):
            shares(profile, subject(mem_gb=0.1, cpus=65))


def test_cells_of_one_kind_are_counted_and_one_of_them_is_named() -> None:
    with pytest.raises(GridError) as caught:
        shares(THERE, subject("a", mem_gb=0.1), subject("b"), subject("c", mem_gb=0.1))
    assert str(caught.value) == (
        "a (2 cells) needs at least 0.2 GiB, its mem_gb is 0.1. Write mem_gb: 0.5 or auto"
    )


def test_a_cell_that_ran_out_of_memory_gets_more_as_far_as_there_is_more() -> None:
    raised = allotted(
        THERE,
        subject(mem_gb=3, least_gb=4.5),
        subject(mem_gb="auto", walltime="auto", least_gb=8),
        subject(mem_gb=9, least_gb=4.5),
        subject(mem_gb=3, least_gb=100),
    )
    assert [one.resources.mem_gb for one in raised] == [4.5, 8.0, 9.0, 64.0]
    assert [one.raised for one in raised] == [True, True, False, True]
    # The first partition is too small, and its shorter walltime does not count any more.
    assert raised[1].resources.walltime == 300
    [here] = allotted(HERE, subject(mem_gb=3, least_gb=100))
    assert here.resources.mem_gb == 6.0

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.errors import GridError
from hpcmlff.spec.cells import Cell, cell_from_identity
from hpcmlff.spec.plan import (
    Batch,
    Placement,
    core_hours,
    enlarged,
    fitting,
    partition_of,
    plan,
)
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, profile_from
from hpcmlff.spec.resources import Resources

SMALL = {"name": "small", "cpus": 4, "mem_gb": 16.0, "walltime": "2h"}
LARGE = {"name": "large", "cpus": 64, "mem_gb": 512.0, "gpus": 4, "walltime": "48h"}


def cluster(**changes: Any) -> ClusterProfile:
    facts = {"name": "test", "scheduler": "slurm", "partitions": (SMALL, LARGE), **changes}
    found = profile_from(facts)
    assert isinstance(found, ClusterProfile)
    return found


def cell(number: int) -> Cell:
    return cell_from_identity(
        {
            "model": "mean",
            "molecule": "springs",
            "size": 10,
            "seed": number,
            "settings": {},
            "dataset": "0" * 64,
            "split": "0" * 64,
            "trainer_version": 1,
        }
    )


CELLS = [cell(number) for number in range(40)]
RESOURCES = st.builds(
    Resources,
    cpus=st.integers(1, 64),
    gpus=st.integers(0, 4),
    mem_gb=st.sampled_from([0.5, 4.0, 100.0]),
    walltime=st.sampled_from([None, "1h", "3h"]),
)


def wants(profile: ClusterProfile, *wanted: Resources) -> tuple[Batch, ...]:
    return plan(profile, list(zip(CELLS, wanted, strict=False)))


@given(
    kinds=st.lists(RESOURCES, min_size=1, max_size=3),
    choice=st.lists(st.integers(0, 2), min_size=1, max_size=40),
    array_cap=st.integers(1, 50),
    running_cap=st.none() | st.integers(1, 100),
)
def test_every_cell_is_in_one_job_that_holds_it_and_no_cap_is_passed(
    kinds: list[Resources], choice: list[int], array_cap: int, running_cap: int | None
) -> None:
    profile = cluster(array_cap=array_cap, running_cap=running_cap)
    wanted = [kinds[number % len(kinds)] for number in choice]
    batches = wants(profile, *wanted)
    of = {one.seed: kind for one, kind in zip(CELLS, wanted, strict=False)}
    placed = [one for batch in batches for one in batch.cells]
    assert sorted(one.seed for one in placed) == list(range(len(wanted)))
    for batch in batches:
        place = batch.placement
        [kind] = {of[one.seed] for one in batch.cells}
        partition = partition_of(profile, place)
        assert (place.cpus, place.gpus, place.mem_gb) == (kind.cpus, kind.gpus, kind.mem_gb)
        assert place.cpus <= partition.cpus
        assert place.gpus <= partition.gpus
        assert place.mem_gb <= partition.mem_gb
        assert place.walltime_s == (kind.walltime or partition.walltime) <= partition.walltime
        assert 1 <= batch.elements == len(batch.cells) <= array_cap
        assert 1 <= place.parallel <= max(len(batch.cells), running_cap or 0)
    together = sum(batch.placement.parallel for batch in batches)
    if running_cap is not None:
        assert together <= max(running_cap, len(batches))


def test_a_cell_goes_to_the_first_partition_it_fits() -> None:
    batches = wants(cluster(), Resources(), Resources(cpus=5), Resources(walltime="3h"))
    assert [batch.placement.partition for batch in batches] == ["small", "large", "large"]
    assert [batch.placement.walltime_s for batch in batches] == [7200, 172800, 10800]


def test_equal_cells_share_arrays_of_about_the_same_length() -> None:
    batches = wants(cluster(array_cap=15, running_cap=7), *[Resources()] * 40)
    assert [batch.elements for batch in batches] == [13, 13, 14]
    assert [batch.placement.parallel for batch in batches] == [2, 2, 3]
    assert [one for batch in batches for one in batch.cells] == CELLS


def test_nothing_makes_no_job() -> None:
    assert plan(cluster(), []) == ()


def test_on_one_machine_all_cells_are_one_job() -> None:
    profile = LocalProfile(name="local", scheduler="local", gpus=2)
    [batch] = plan(profile, [(one, Resources()) for one in CELLS])
    assert (batch.elements, batch.placement.cells_per_element, batch.placement.gpus) == (1, 40, 2)


def test_what_no_partition_offers_is_refused_with_what_each_offers() -> None:
    with pytest.raises(GridError) as caught:
        fitting(cluster(), Resources(cpus=5, walltime="49h"), "mean/springs/n10")
    assert str(caught.value) == (
        "mean/springs/n10 asks for 5 cpus, 0 gpus, 4 GiB, 49 h; "
        "no partition of the profile 'test' offers that:\n"
        "  small: 4 cpus, 0 gpus, 16 GiB, 2 h\n"
        "  large: 64 cpus, 4 gpus, 512 GiB, 48 h. "
        "Ask for less, or change the profile"
    )
    assert caught.value.key == ("resources",)


def test_a_walltime_that_leaves_no_time_beside_the_grace_time_is_refused() -> None:
    profile = cluster(grace="10m")
    assert fitting(profile, Resources(walltime="20m"), "x") == profile.partitions[0]
    with pytest.raises(GridError) as caught:
        fitting(profile, Resources(walltime="19m"), "mean/springs/n10")
    assert str(caught.value) == (
        "mean/springs/n10: a walltime of 1140 s leaves no time to train beside the grace time "
        "of 600 s. Ask for a longer walltime, or shorten `grace` in the profile"
    )


def test_the_cost_is_that_of_every_element_to_the_end_of_its_walltime() -> None:
    batches = wants(cluster(), *[Resources(cpus=2)] * 3, Resources(cpus=8, gpus=2, walltime="10h"))
    assert core_hours(batches) == (3 * 2 * 2 + 8 * 10, 2 * 10)


def test_a_partition_may_stand_twice_with_two_qualities_of_service() -> None:
    twice = cluster(partitions=(SMALL | {"qos": "short"}, SMALL | {"qos": "long", "cpus": 8}))
    few, many = wants(twice, Resources(cpus=2), Resources(cpus=6))
    assert (few.placement.partition, many.placement.partition) == ("small", "small")
    assert partition_of(twice, few.placement).qos == "short"
    assert partition_of(twice, many.placement).qos == "long"


def test_a_placement_with_more_memory_stays_on_its_partition_while_it_can() -> None:
    place = Placement(
        partition="small",
        cpus=4,
        gpus=0,
        mem_gb=8.0,
        walltime_s=7200,
        parallel=1,
        cells_per_element=1,
    )
    more = enlarged(cluster(), place, 12.0)
    assert (more.partition, more.mem_gb, more.walltime_s) == ("small", 12.0, 7200)
    elsewhere = enlarged(cluster(), place, 18.0)
    assert (elsewhere.partition, elsewhere.mem_gb, elsewhere.cpus) == ("large", 18.0, 4)
    hurried = enlarged(cluster(partitions=(SMALL, {**LARGE, "walltime": "1h"})), place, 18.0)
    assert hurried.walltime_s == 3600

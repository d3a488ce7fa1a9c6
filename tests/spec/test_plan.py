from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.spec.cells import Cell, cell_from_identity
from hpcmlff.spec.fitting import enlarged, partition_of
from hpcmlff.spec.plan import Batch, Placement, core_hours, plan
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


def resources(cpus: int, cells_per_job: st.SearchStrategy[int | None]) -> Any:
    return st.builds(
        Resources,
        cpus=st.integers(1, cpus),
        gpus=st.integers(0, 4),
        mem_gb=st.sampled_from([0.5, 4.0, 100.0]),
        walltime=st.sampled_from([None, "1h", "3h"]),
        cells_per_job=cells_per_job,
    )


ALONE = resources(64, st.sampled_from([None, 1]))
SHARED = resources(64 // 5, st.integers(2, 5))


def wants(profile: ClusterProfile, *wanted: Resources) -> tuple[Batch, ...]:
    return plan(profile, list(zip(CELLS, wanted, strict=False)))


@given(
    kinds=st.lists(ALONE | SHARED, min_size=1, max_size=3),
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
        each = place.cells_per_element
        assert 1 <= each <= (kind.cells_per_job or 1)
        assert (place.cpus, place.gpus) == (each * kind.cpus, kind.gpus)
        assert place.mem_gb == each * kind.mem_gb
        assert place.cpus <= partition.cpus
        assert place.gpus <= partition.gpus
        assert place.mem_gb <= partition.mem_gb
        assert place.walltime_s == (kind.walltime or partition.walltime) <= partition.walltime
        assert batch.elements == -(-len(batch.cells) // each) <= array_cap
        assert 1 <= place.parallel <= max(batch.elements, running_cap or 0)
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


def test_cells_that_share_a_job_have_cores_and_memory_of_their_own_and_the_same_gpus() -> None:
    gpu = Resources(cpus=2, gpus=1, mem_gb=6.0, walltime="3h", cells_per_job=4)
    [batch] = wants(cluster(), *[gpu] * 40)
    assert batch.elements == 10
    assert asdict(batch.placement) == {
        "partition": "large",
        "cpus": 8,
        "gpus": 1,
        "mem_gb": 24.0,
        "walltime_s": 10800,
        "parallel": 10,
        "cells_per_element": 4,
    }
    own = Resources(cpus=2, gpus=1, mem_gb=6.0, walltime="3h")
    assert batch.placement.of_each_cell() == own
    assert core_hours([batch]) == (10 * 8 * 3, 10 * 3)


def test_the_grid_says_how_many_cells_share_a_job_or_else_the_partition() -> None:
    packed = cluster(partitions=(SMALL, LARGE | {"cells_per_job": 4}))
    large = {"cpus": 5, "mem_gb": 4.0}
    few = [Resources(**large)] * 8
    assert [one.elements for one in wants(packed, *few)] == [2]
    two = [Resources(**large, cells_per_job=2)] * 8
    assert [one.elements for one in wants(packed, *two)] == [4]
    alone = [Resources(**large, cells_per_job=1)] * 8
    assert [one.elements for one in wants(packed, *alone)] == [8]
    assert [one.elements for one in wants(packed, *[Resources()] * 8)] == [8]


def test_ten_thousand_cells_at_four_a_job_are_2500_elements() -> None:
    cells = [(cell(number), Resources(cells_per_job=4)) for number in range(10_000)]
    batches = plan(cluster(running_cap=100), cells)
    assert [batch.elements for batch in batches] == [833, 833, 834]
    assert [batch.placement.parallel for batch in batches] == [33, 33, 34]
    assert {batch.placement.cells_per_element for batch in batches} == {4}
    assert [one.seed for batch in batches for one in batch.cells] == list(range(10_000))


def test_cells_are_shared_out_evenly_and_no_job_asks_for_more_than_it_has() -> None:
    [nine] = wants(cluster(), *[Resources(cells_per_job=4)] * 9)
    assert (nine.elements, nine.placement.cells_per_element, nine.placement.cpus) == (3, 3, 3)
    [one] = wants(cluster(), Resources(cpus=2, cells_per_job=2))
    assert (one.elements, one.placement.cells_per_element, one.placement.cpus) == (1, 1, 2)
    full, rest = wants(cluster(array_cap=1), *[Resources(cells_per_job=3)] * 5)
    assert (len(full.cells), full.placement.cells_per_element) == (3, 3)
    assert (len(rest.cells), rest.placement.cells_per_element) == (2, 2)


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

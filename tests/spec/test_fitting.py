from __future__ import annotations

import pytest
from spec.test_plan import LARGE, SMALL, cluster

from hpcmlff.errors import GridError
from hpcmlff.spec.fitting import fitting, most_cells
from hpcmlff.spec.resources import Resources


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


def test_a_job_of_several_cells_goes_to_the_first_partition_that_holds_all_of_them() -> None:
    small, large = cluster().partitions
    assert fitting(cluster(), Resources(cells_per_job=4), "x") == small
    assert fitting(cluster(), Resources(cells_per_job=5), "x") == large
    assert fitting(cluster(), Resources(mem_gb=5.0, cells_per_job=4), "x") == large


def test_a_job_of_more_cells_than_fit_is_refused_with_how_many_would() -> None:
    packed = cluster(partitions=(SMALL | {"cells_per_job": 4}, LARGE))
    with pytest.raises(GridError) as caught:
        fitting(packed, Resources(mem_gb=6.0, walltime="1h", gpus=5), "mean/springs/n10")
    assert "16 GiB, 2 h for 4 cells in one job; 0 would fit\n" in str(caught.value)
    wanted = Resources(cpus=3, mem_gb=6.0, gpus=1, cells_per_job=30)
    with pytest.raises(GridError) as caught:
        fitting(packed, wanted, "mean/springs/n10")
    assert str(caught.value) == (
        "mean/springs/n10 asks for 3 cpus, 1 gpus, 6 GiB, any walltime; "
        "no partition of the profile 'test' offers that:\n"
        "  small: 4 cpus, 0 gpus, 16 GiB, 2 h for 30 cells in one job; 0 would fit\n"
        "  large: 64 cpus, 4 gpus, 512 GiB, 48 h for 30 cells in one job; 21 would fit. "
        "Ask for less, or change the profile"
    )


def test_memory_decides_how_many_cells_fit_as_well_as_cores() -> None:
    small, large = cluster().partitions
    assert most_cells(small, Resources(mem_gb=5.0)) == 3
    assert most_cells(small, Resources(cpus=2, mem_gb=0.5)) == 2
    assert most_cells(large, Resources(gpus=4, mem_gb=8.0)) == 64
    assert most_cells(small, Resources(gpus=1)) == 0


def test_shares_of_a_node_are_whole_mebibytes_and_together_no_more_than_it_has() -> None:
    small, _ = cluster().partitions
    third = small.for_each(3)
    assert (third.cpus, third.mem_gb, third.cells_per_job) == (1, 5461 / 1024, 3)
    assert 3 * third.mem_gb <= 16.0
    assert small.for_each(1) == small.for_each(None) == small

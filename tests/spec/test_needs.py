from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.spec.needs import (
    WALLTIME_SAFETY,
    Need,
    allot,
    fitting_but_for_memory,
    rounded_gb,
    walltime_for,
    walltimes,
)
from hpcmlff.spec.profile import Partition
from hpcmlff.spec.resources import Asked, Resources

HOUR_S = 3600
GRACE_S = 30
SMALL = Partition(name="small", cpus=4, mem_gb=15.0, walltime="2h")
LARGE = Partition(name="large", cpus=64, mem_gb=512.0, walltime="48h")


def need(mem_gb: float, least_mem_gb: float | None = None, wall_s: float = 60.0) -> Need:
    least_gb = mem_gb if least_mem_gb is None else least_mem_gb
    return Need(mem_gb=mem_gb, least_mem_gb=least_gb, disk_gb=0.1, wall_s=wall_s, measured=False)


def given_to(wanted: Need, **asked: Any) -> Resources | None:
    return allot((SMALL, LARGE), Asked(**asked), wanted, GRACE_S)


@pytest.mark.parametrize(
    ("needed_gb", "asked_gb"),
    [(0.2, 0.5), (0.5, 0.5), (7.51, 8), (8.0, 8), (8.1, 9), (31.5, 32), (32.1, 36), (40, 40)],
)
def test_memory_is_rounded_up_in_steps(needed_gb: float, asked_gb: float) -> None:
    assert rounded_gb(needed_gb) == asked_gb


@pytest.mark.parametrize(
    ("expected_s", "hours"),
    [
        (1, 5 / 60),
        (180, 5 / 60),
        (181, 15 / 60),
        (1180, 1 / 2),
        (1181, 1),
        (2381, 2),
        (31 * HOUR_S, 48),
        (33 * HOUR_S, 72),
        (100 * HOUR_S, 168),
    ],
)
def test_walltimes_are_a_few_round_ones(expected_s: float, hours: float) -> None:
    assert walltime_for(expected_s, 30 * 24 * HOUR_S, GRACE_S) == hours * HOUR_S


@given(wall_s=st.floats(0, 1e7), longest_s=st.integers(1, 10**6), grace_s=st.integers(1, 10**4))
def test_a_walltime_is_enough_unless_there_is_none_as_long(
    wall_s: float, longest_s: int, grace_s: int
) -> None:
    found = walltime_for(wall_s, longest_s, grace_s)
    enough = WALLTIME_SAFETY * wall_s + grace_s <= found and 2 * grace_s <= found
    assert found <= longest_s
    assert enough or found == longest_s


def test_walltimes_one_after_the_other_are_counted_without_their_grace() -> None:
    assert walltimes(0.1, 300, 30) == 1
    assert walltimes(270, 300, 30) == 1
    assert walltimes(271, 300, 30) == 2
    assert walltimes(1e6, 300, 400) == 1_000_000


def test_numbers_are_taken_as_they_stand() -> None:
    assert given_to(need(2.3), cpus=2, mem_gb=4.25, walltime="17m") == Resources(
        cpus=2, mem_gb=4.25, walltime="17m"
    )
    assert given_to(need(2.3)) == Resources(mem_gb=4.0)


def test_auto_takes_the_comfortable_memory_and_a_walltime_with_a_margin() -> None:
    found = given_to(need(2.3, wall_s=600), mem_gb="auto", walltime="auto")
    assert found == Resources(mem_gb=2.5, walltime="30m")


def test_auto_makes_do_with_what_the_first_partition_offers() -> None:
    assert given_to(need(60.0, 3.0), mem_gb="auto") == Resources(mem_gb=15.0)
    assert given_to(need(14.2), mem_gb="auto") == Resources(mem_gb=15.0)
    assert given_to(need(60.0, 15.1), mem_gb="auto") == Resources(mem_gb=60.0)
    assert given_to(need(60.0, 3.0), mem_gb="auto", cpus=5) == Resources(mem_gb=60.0, cpus=5)


def test_an_automatic_walltime_ends_with_the_partitions() -> None:
    long = need(1.0, wall_s=10 * HOUR_S)
    assert given_to(long, walltime="auto") == Resources(walltime="2h")
    assert given_to(long, walltime="auto", cpus=5) == Resources(walltime="24h", cpus=5)


def test_too_little_memory_is_none() -> None:
    assert given_to(need(20.0, 5.0)) is None
    assert given_to(need(600.0), mem_gb="auto") is None
    assert given_to(need(600.0), mem_gb=500) is None
    assert given_to(need(600.0, 5.0), mem_gb="auto") == Resources(mem_gb=15.0)


def test_what_fits_nowhere_for_another_reason_is_left_to_who_refuses_that() -> None:
    assert given_to(need(600.0), mem_gb="auto", cpus=65) == Resources(mem_gb=600.0, cpus=65)
    assert given_to(need(1.0), mem_gb=600, walltime="auto") == Resources(mem_gb=600.0)
    assert given_to(need(8.0), walltime="49h") == Resources(walltime="49h")


def test_a_partition_that_lacks_nothing_but_memory_is_named() -> None:
    assert fitting_but_for_memory((SMALL, LARGE), Asked(mem_gb=1000)) == [SMALL, LARGE]
    assert fitting_but_for_memory((SMALL, LARGE), Asked(walltime="3h")) == [LARGE]
    assert fitting_but_for_memory((SMALL, LARGE), Asked(gpus=1)) == []

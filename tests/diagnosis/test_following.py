from __future__ import annotations

import pytest

from hpcmlff.diagnosis.following import Following, Means, following
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.needs import raised_gb
from hpcmlff.spec.on_failure import DEFAULTS, rules


def means(mem_gb: float | None = 4.0, most_gb: float | None = 24.0, **said: str) -> Means:
    return Means(rules=rules(said, None), mem_gb=mem_gb, most_gb=most_gb)


def test_every_cause_but_the_good_one_has_a_rule() -> None:
    assert set(DEFAULTS) == set(Cause) - {Cause.FINISHED}
    resumed = {cause for cause, rule in DEFAULTS.items() if rule is Rule.RESUME}
    assert resumed == {
        Cause.WALLTIME,
        Cause.PREEMPTED,
        Cause.NODE_LOST,
        Cause.CANCELLED,
        Cause.UNKNOWN,
    }


def test_the_grid_wins_over_the_profile_and_that_over_the_defaults() -> None:
    grid = {"disk_full": "resume", "diverged": None}
    profile = {"disk_full": "stop", "diverged": "resume", "walltime": "stop"}
    found = rules(grid, profile)
    assert found[Cause.DISK_FULL] is Rule.RESUME
    assert found[Cause.DIVERGED] is Rule.RESUME
    assert found[Cause.WALLTIME] is Rule.STOP
    assert found[Cause.BAD_DATA] is Rule.STOP
    assert rules(None, None) == DEFAULTS


@pytest.mark.parametrize(
    ("mem_gb", "next_gb"),
    [(0.5, 1.0), (4.0, 6.0), (6.0, 9.0), (9.0, 14.0), (14.0, 21.0), (21.0, 24.0), (24.0, None)],
)
def test_memory_grows_by_half_to_steps_that_arrays_share_and_to_the_most_there_is(
    mem_gb: float, next_gb: float | None
) -> None:
    assert raised_gb(mem_gb, 24.0) == next_gb


def test_a_cell_that_ran_out_of_memory_goes_on_with_more_and_then_stops() -> None:
    seen, mem_gb = [], 4.0
    while (found := following(Cause.OUT_OF_MEMORY, means(mem_gb))).mem_gb is not None:
        assert found.rule is Rule.MORE_MEMORY
        mem_gb = found.mem_gb
        seen.append(mem_gb)
    assert seen == [6.0, 9.0, 14.0, 21.0, 24.0]
    assert found == Following(rule=Rule.STOP, exhausted=True)


def test_other_rules_for_memory_are_followed() -> None:
    assert following(Cause.OUT_OF_MEMORY, means(out_of_memory="stop")).rule is Rule.STOP
    assert following(Cause.OUT_OF_MEMORY, means(out_of_memory="resume")).rule is Rule.RESUME


def test_memory_of_a_gpu_cannot_be_asked_for() -> None:
    assert following(Cause.OUT_OF_MEMORY, means(), on_gpu=True).rule is Rule.STOP


def test_where_nobody_knows_the_memory_it_is_resumed_as_it_is() -> None:
    assert following(Cause.OUT_OF_MEMORY, means(None, None)) == Following(rule=Rule.RESUME)


def test_what_is_finished_is_resumed_by_nobody() -> None:
    assert following(Cause.FINISHED, means()).mem_gb is None

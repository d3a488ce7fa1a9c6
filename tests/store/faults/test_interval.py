"""How often a job writes checkpoints: as asked, and more seldom where writing is slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.worker import pace
from hpcmlff.worker.pace import Pace
from hpcmlff.worker.stop import StopRequest


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@given(
    asked_s=st.floats(0.01, 1000),
    step=st.floats(0.05, 3),
    costs=st.lists(st.floats(0, 60), min_size=2, max_size=12),
)
def test_checkpoints_cost_at_most_a_hundredth_and_lose_at_most_the_interval(
    asked_s: float, step: float, costs: list[float]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(pace, "time", clock)
        job = Pace(stop=StopRequest(), report_s=1.0, commit_s=asked_s)
        job.committed(0.0)
        for cost in costs:
            saved = clock.now
            while not job.commit_due():
                # What a SIGKILL here would lose, apart from the step that is under way.
                assert clock.now - saved <= job.commit_s
                clock.now += step * job.commit_s
            clock.now += cost
            job.committed(cost)
        # Nothing is known of the last one's cost before it is written.
        assert sum(costs[:-1]) <= 0.01 * clock.now * (1 + 1e-9)

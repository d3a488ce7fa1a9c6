from __future__ import annotations

from hpcmlff.models.schnet.timing import StepTimer


def after(steps: int) -> float | None:
    timer = StepTimer()
    for _ in range(steps):
        with timer.step():
            pass
    return timer.mean_s


def test_a_few_steps_say_nothing() -> None:
    assert after(0) is None
    assert after(54) is None


def test_enough_steps_have_a_mean() -> None:
    mean_s = after(55)
    assert mean_s is not None
    assert mean_s > 0

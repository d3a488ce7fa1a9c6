"""A training that diverges, one that is budgeted in hours, one that ends early."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from models.test_schnet_training import SETTINGS, task
from pydantic import ValidationError

from hpcmlff.errors import TrainingError
from hpcmlff.models.schnet import SCHNET, SchNetSettings
from hpcmlff.models.schnet import training as trainings
from hpcmlff.models.schnet.engine import NetworkTrainer
from hpcmlff.models.schnet.recovery import DIVERGED, diverged
from hpcmlff.testing.runs import assert_same

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Arrays, Task
    from hpcmlff.models.schnet.training import Training


def given(**settings: Any) -> Task:
    return task(SETTINGS.model_copy(update=settings))


def finished(one: Task, arrays: Arrays | None = None, stop_at: int = -1) -> Training:
    trainer = NetworkTrainer()
    state = trainer.from_arrays(one, arrays) if arrays else trainer.start(one)
    return trainer.advance(one, state, lambda: state.step == stop_at)


def failing_once(monkeypatch: pytest.MonkeyPatch, bad_step: int) -> None:
    """Let the loss of one step be no number, as long as the learning rate is whole."""
    real = trainings.SparseProblem.gradient

    class Failing(trainings.SparseProblem):
        state: Training

        def gradient(self, frames: Any) -> Any:
            loss, gradient = real(self, frames)
            bad = self.state.step + 1 == bad_step and self.state._recovery.rate == 1.0
            return (loss * torch.nan, gradient * torch.nan) if bad else (loss, gradient)

    def made(self: Training, one: Task) -> Failing:
        vectors = self._descent.vectors["weights"], self._descent.vectors["average"]
        problem = Failing(one, self.mean_kcal_mol, *vectors)
        problem.state = self
        return problem

    monkeypatch.setattr(trainings.Training, "_make_problem", made)


def test_it_goes_back_to_the_last_good_validation_and_on_with_half_the_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = given(steps=9, validate_every=3)
    good = finished(one, stop_at=3).arrays()
    failing_once(monkeypatch, bad_step=5)
    back = finished(one, stop_at=5)
    assert (back.step, back.rollbacks, back._recovery.rate) == (3, [5], 0.5)
    for name in ("weights", "average", "adam_mean", "adam_square", "best"):
        np.testing.assert_array_equal(back.arrays()[name], good[name])
    whole = finished(one)
    assert (whole.step, whole.rollbacks) == (9, [5])
    assert np.isfinite(whole.arrays()["weights"]).all()
    assert NetworkTrainer().model(one, whole)["course"].tolist() == [9, 9, 0, 5]


@pytest.mark.parametrize("stop_at", [2, 4, 5, 6])
def test_stops_around_a_divergence_change_no_bit(
    stop_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = given(steps=9, validate_every=3)
    failing_once(monkeypatch, bad_step=5)
    expected = finished(one).arrays()
    assert_same(finished(one, finished(one, stop_at=stop_at).arrays()).arrays(), expected)


def test_it_is_given_up_after_as_many_times_as_is_said() -> None:
    one = given(rollbacks=2, learning_rate=1.0)
    broken = replace(one.train, forces=one.train.forces * np.nan)
    with pytest.raises(TrainingError, match="at step 1, and did so 2 times before"):
        finished(replace(one, train=broken))


@pytest.mark.parametrize(
    ("loss", "best", "expected"),
    [
        (1.0, np.inf, False),
        (np.nan, np.inf, True),
        (np.inf, 1.0, True),
        (DIVERGED * 2, 2.0, False),
        (DIVERGED * 2.1, 2.0, True),
    ],
)
def test_what_counts_as_diverged(loss: float, best: float, expected: bool) -> None:
    assert diverged(loss, best) is expected


def test_an_absurd_learning_rate_is_noticed_and_lowered() -> None:
    found = finished(given(steps=60, validate_every=3, learning_rate=1.0, rollbacks=20))
    assert found.finished
    assert np.isfinite(found.arrays()["best"]).all()


def test_hours_become_steps_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings, "_TRIED_S", 0.0)
    one = given(steps="auto", hours=1e-3, validate_every=20)
    trainer = NetworkTrainer()
    begun = trainer.start(one)
    assert 1 < begun.steps < 100_000
    arrays = trainer.to_arrays(begun)
    assert begun.step == 0
    fixed = trainer.start(given(steps=begun.steps, validate_every=20))
    assert_same(arrays, trainer.to_arrays(fixed))
    assert trainer.from_arrays(one, arrays).steps == begun.steps


def test_hours_and_steps_contradict_each_other() -> None:
    with pytest.raises(ValidationError, match="give steps or hours, not both"):
        SchNetSettings(steps=10, hours=1.0)


def test_hours_are_what_is_estimated() -> None:
    from hpcmlff.models.protocol import Size

    size = Size(n_atoms=10, n_train=200, n_validation=200)
    assert 7200 < SCHNET.estimate(SchNetSettings(hours=2.0), size).cpu_s < 7300


def test_it_ends_early_if_nothing_gets_better() -> None:
    one = given(steps=90, validate_every=3, patience=2, learning_rate=1e-30)
    found = finished(one)
    assert found.finished
    assert found.step < 90
    progress = NetworkTrainer().progress(found)
    assert (progress.finished, progress.step) == (True, found.step)

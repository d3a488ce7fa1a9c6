from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Allocation, Size
from hpcmlff.models.schnet import SCHNET, SchNetSettings
from hpcmlff.testing.molecules import samples
from hpcmlff.testing.runs import Run, assert_same
from hpcmlff.testing.trainers import TrainerConformance


class TestSchNet(TrainerConformance):
    entry = SCHNET
    settings: ClassVar[dict[str, int | float]] = {
        "features": 8,
        "interactions": 2,
        "gaussians": 6,
        "batch_size": 5,
        "steps": 12,
        "validate_every": 4,
        "gradient_norm": 100.0,
        "rollbacks": 1,
    }

    def test_a_loss_that_is_not_a_number_ends_the_training(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        forces = task.train.forces.copy()
        forces[:] = np.nan
        task = replace(task, train=replace(task.train, forces=forces))
        trainer = self.trainer()
        state = trainer.advance(task, trainer.start(task), lambda: True)
        assert (state.step, state.rollbacks) == (0, [1])
        with pytest.raises(TrainingError) as error:
            trainer.advance(task, state, lambda: False)
        assert str(error.value) == (
            "the training diverges: the training loss is not a number of sense at step 1,"
            " and did so 1 times before. Lower learning_rate (now 0.001),"
            " or set gradient_norm to a number such as 10"
        )

    def test_the_first_bad_step_is_named_even_if_found_later(self, tmp_path: Path) -> None:
        from hpcmlff.models.schnet.batches import order

        task = self.task(tmp_path)
        forces = task.train.forces.copy()
        last = order(task.seed, 0, 12)[5:10]
        forces[last] = np.inf
        task = replace(task, train=replace(task.train, forces=forces))
        trainer = self.trainer()
        with pytest.raises(TrainingError, match="the training loss .* at step 2,"):
            trainer.advance(task, trainer.start(task), lambda: False)

    def test_a_validation_loss_that_is_not_a_number_ends_the_training(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        energies = np.full_like(task.validation.energies, np.nan)
        task = replace(task, validation=replace(task.validation, energies=energies))
        trainer = self.trainer()
        with pytest.raises(TrainingError, match="the validation loss .* at step 4,"):
            trainer.advance(task, trainer.start(task), lambda: False)

    @pytest.mark.parametrize("part", ["train", "validation"])
    def test_frames_are_needed(self, tmp_path: Path, part: str) -> None:
        task = replace(self.task(tmp_path), **{part: samples(0, seed=0)})
        with pytest.raises(TrainingError) as error:
            self.trainer().start(task)
        assert str(error.value) == f"a network needs at least one {part} frame"

    def test_a_missing_gpu_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        task = replace(self.task(tmp_path), allocation=Allocation(device="cuda"))
        with pytest.raises(TrainingError) as error:
            self.trainer().start(task)
        assert str(error.value) == (
            "the job was given a GPU, and torch finds none."
            " Install a torch with CUDA, or set gpus: 0 under resources"
        )

    def test_the_loss_is_that_of_the_newest_validation(self, tmp_path: Path) -> None:
        run = self.run(self.task(tmp_path), stopping=True)
        losses = [progress.loss for progress in run.progress]
        assert losses[:4] == [None] * 4
        assert losses[4] == losses[5] == losses[7] != losses[8]

    def test_the_model_is_the_best_validated_average(self, tmp_path: Path) -> None:
        run = self.run(self.task(tmp_path), stopping=True)
        losses = [run.progress[step].loss for step in (4, 8, 12)]
        best = 4 * (1 + int(np.argmin(losses)))
        weights = np.concatenate([run.model[name].ravel() for name in list(run.model)[2:]])
        assert weights.tobytes() == run.snapshots[best]["average"].tobytes()
        assert run.final["losses"].tolist() == [losses[-1], min(losses)]

    def test_training_lowers_the_errors(self, tmp_path: Path) -> None:
        settings = {**self.settings, "steps": 300, "learning_rate": 0.01, "validate_every": 50}
        task = self.task(tmp_path)
        task = replace(task, settings=SchNetSettings.model_validate(settings))
        run = self.run(task)
        _, forces = self.predict(run, task.validation.positions)
        error = np.sqrt(np.mean((forces - task.validation.forces) ** 2))
        assert error < 0.7 * np.sqrt(np.mean(task.validation.forces**2))


@pytest.mark.slow
def test_threads_do_not_make_it_random(tmp_path: Path) -> None:
    class Suite(TrainerConformance):
        entry = SCHNET
        settings: ClassVar[dict[str, int]] = {"steps": 3, "batch_size": 40}
        n_train = 40

    def trained(folder: Path) -> Run:
        task = Suite().task(folder)
        return Suite().run(replace(task, allocation=Allocation(threads=2)))

    assert_same(trained(tmp_path / "first").final, trained(tmp_path / "second").final)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("cutoff", 0.5), ("features", 0), ("ema_decay", 1.0), ("learning_rate", 0), ("steps", 0)],
)
def test_limits_of_the_settings(setting: str, value: float) -> None:
    with pytest.raises(ValidationError, match=setting):
        SchNetSettings.model_validate({setting: value})


def test_the_estimate_grows_with_what_is_asked() -> None:
    size = Size(n_atoms=10, n_train=200, n_validation=200)
    usual = SCHNET.estimate(SchNetSettings(), size)
    longer = SCHNET.estimate(SchNetSettings(steps=2 * SchNetSettings().budget(200)), size)
    wider = SCHNET.estimate(SchNetSettings(features=256), size)
    assert longer.cpu_s == pytest.approx(2 * usual.cpu_s, rel=0.1)
    assert wider.cpu_s > 3 * usual.cpu_s
    assert wider.mem_gb > usual.mem_gb > 0.6
    assert wider.disk_gb > usual.disk_gb


def test_far_atoms_do_not_count_as_pairs() -> None:
    large = SCHNET.estimate(SchNetSettings(), Size(n_atoms=400, n_train=1, n_validation=1))
    small = SCHNET.estimate(SchNetSettings(), Size(n_atoms=200, n_train=1, n_validation=1))
    assert large.cpu_s < 2.5 * small.cpu_s


@pytest.mark.parametrize(
    ("settings", "n_train", "steps"),
    [
        ({}, 5, 40_000),
        ({}, 200, 40_000),
        ({}, 1000, 100_000),
        ({"batch_size": 100}, 1000, 40_000),
        ({"steps": 7}, 1000, 7),
    ],
)
def test_the_budget_grows_with_the_training_set_unless_it_is_given(
    settings: dict[str, int], n_train: int, steps: int
) -> None:
    assert SchNetSettings(**settings).budget(n_train) == steps

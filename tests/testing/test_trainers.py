"""The trainers' suite: what it accepts, and what it finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from panelled_ridge import RIDGE, RidgeTrainer, _distances, _kernel

from hpcmlff.models.mean import MEAN, MeanState, MeanTrainer
from hpcmlff.models.protocol import Arrays, Task, Trainer
from hpcmlff.testing.trainers import TrainerConformance


class TestPanelledRidge(TrainerConformance):
    entry = RIDGE
    random = False
    n_train = 14

    def test_the_panels_solve_the_whole_system(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        run = self.run(task)
        distances, _ = _distances(task.train.positions)
        kernel = _kernel(distances, distances, 1.0) + 1e-6 * np.eye(14)
        above = task.train.energies - task.train.energies.mean()
        np.testing.assert_allclose(kernel @ run.model["weights"], above, atol=1e-6)
        assert task.blocks.get("panel-004").shape == (2, 2)


class Forgetful(MeanTrainer):
    """Loses the sum."""

    def from_arrays(self, task: Task, arrays: Arrays) -> MeanState:
        return replace(super().from_arrays(task, arrays), total=0.0)


class Talkative(MeanTrainer):
    """Puts text into its arrays."""

    def to_arrays(self, state: MeanState) -> Arrays:
        return {**super().to_arrays(state), "note": np.array(["hello"])}


class Rewriting(RidgeTrainer):
    """Writes its finished panels again."""

    def from_arrays(self, task: Task, arrays: Arrays) -> object:  # type: ignore[override]
        state = super().from_arrays(task, arrays)
        for panel in range(state.done):
            task.blocks.put(f"panel-{panel:03d}", task.blocks.get(f"panel-{panel:03d}"))
        return state


class Downhill(RidgeTrainer):
    """Predicts gradients in place of forces."""

    def predict(
        self, task: Task, model: Arrays, positions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        energies, forces = super().predict(task, model, positions)
        return energies, -forces


def suite(trained: type[Trainer[object]], **settings: int) -> TrainerConformance:
    class Suite(TrainerConformance):
        entry = MEAN if issubclass(trained, MeanTrainer) else RIDGE

        def trainer(self) -> Trainer[object]:
            return trained()

    Suite.settings = settings
    return Suite()


def test_finds_a_state_that_is_not_restored_whole(tmp_path: Path) -> None:
    checked = suite(Forgetful, steps=4)
    unbroken = checked.run(checked.task(tmp_path / "a"))
    stopped = checked.run(checked.task(tmp_path / "b"), stopping=True)
    with pytest.raises(AssertionError, match="total_kcal_mol differs"):
        checked.test_a_killed_training_resumes_bit_by_bit(tmp_path, unbroken, stopped, 0.7, 0)


def test_finds_text_among_the_arrays(tmp_path: Path) -> None:
    checked = suite(Talkative)
    with pytest.raises(AssertionError):
        checked.test_arrays_hold_numbers_and_survive_a_file(
            tmp_path, checked.run(checked.task(tmp_path))
        )


def test_finds_blocks_that_are_written_again(tmp_path: Path) -> None:
    checked = suite(Rewriting)
    run = checked.run(checked.task(tmp_path / "a"), stopping=True)
    with pytest.raises(AssertionError, match="a finished block was written again"):
        checked.test_a_killed_training_resumes_bit_by_bit(tmp_path / "b", run, run, 0.7, 0)


def test_finds_gradients_in_place_of_forces(tmp_path: Path) -> None:
    checked = suite(Downhill)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        checked.test_forces_are_the_negative_gradient_of_the_energies(
            checked.run(checked.task(tmp_path))
        )


def test_finds_packages_that_the_entry_imports() -> None:
    checked = suite(MeanTrainer)
    type(checked).entry = replace(MEAN, requires=("numpy",))
    with pytest.raises(AssertionError):
        checked.test_the_entry_imports_nothing_heavy()


def test_demands_a_seed_that_matters_where_the_trainer_is_random(tmp_path: Path) -> None:
    checked = suite(MeanTrainer)
    with pytest.raises(AssertionError):
        checked.test_the_seed_decides(tmp_path, checked.run(checked.task(tmp_path)))

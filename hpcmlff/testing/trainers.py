"""The suite that every trainer has to pass.

A plug-in's author inherits it in a test file::

    class TestMine(TrainerConformance):
        entry = MINE
        settings = {"steps": 12}

The settings should make a training of some ten safe points and a few seconds.
"""

from __future__ import annotations

import ast
import math
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import ValidationError

from hpcmlff.models.protocol import KeepsCurve, KeepsPredictor, MeasuresRates, Size
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.exchange import child_environment, finish_elsewhere, read, save
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.testing.runs import SEED, Run, TrainerRuns, assert_same

if TYPE_CHECKING:
    from pathlib import Path


class TrainerConformance(TrainerRuns):
    """Proves of a trainer what the rest of the library relies on."""

    def test_stopping_at_every_safe_point_changes_nothing(
        self, unbroken: Run, stopped: Run
    ) -> None:
        """Stops leave no trace in the result."""
        assert_same(stopped.final, unbroken.final)
        assert_same(stopped.model, unbroken.model)

    @pytest.mark.parametrize("lost", [0, 1])
    @pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
    def test_a_killed_training_resumes_bit_by_bit(
        self, tmp_path: Path, unbroken: Run, stopped: Run, share: float, lost: int
    ) -> None:
        """Also when the process went further, and wrote blocks, after the last commit."""
        task = self.task(tmp_path)
        stops = round(share * (stopped.stops - lost))
        arrays = self.interrupted(task, stops, lost)
        blocks = FolderBlocks(tmp_path / "blocks")
        finished = blocks.names()
        final, model = self.finish(replace(task, blocks=blocks), arrays)
        assert_same(final, unbroken.final)
        assert_same(model, unbroken.model)
        assert lost or not finished & set(blocks.written), "a finished block was written again"

    def test_another_process_resumes_bit_by_bit(
        self, tmp_path: Path, unbroken: Run, stopped: Run
    ) -> None:
        """Nothing of a state lives outside its arrays and blocks."""
        task = self.task(tmp_path)
        arrays = self.interrupted(task, stopped.stops // 2)
        finish_elsewhere(tmp_path, self.entry, task, arrays)
        assert_same(read(tmp_path / "final.h5"), unbroken.final)
        assert_same(read(tmp_path / "model.h5"), unbroken.model)
        energies, forces = self.predict(unbroken, task.validation.positions)
        expected = {"energies": energies, "forces": forces}
        assert_same(read(tmp_path / "predictions.h5"), expected)

    def test_two_trainings_in_one_process_do_not_disturb_each_other(
        self, tmp_path: Path, unbroken: Run
    ) -> None:
        """No random stream or other state is shared."""
        trainers = [self.trainer(), self.trainer()]
        tasks = [self.task(tmp_path / "first"), self.task(tmp_path / "second", seed=SEED + 1)]
        states = [t.start(task) for t, task in zip(trainers, tasks, strict=True)]
        while not trainers[0].progress(states[0]).finished:
            for k, trainer in enumerate(trainers):
                if not trainer.progress(states[k]).finished:
                    states[k] = trainer.advance(tasks[k], states[k], lambda: True)
        assert_same(trainers[0].to_arrays(states[0]), unbroken.final)

    def test_the_seed_decides(self, tmp_path: Path, unbroken: Run) -> None:
        """Equal seeds give equal models; others give others, if anything is random."""
        equal = self.run(self.task(tmp_path / "equal"))
        other = self.run(self.task(tmp_path / "other", seed=SEED + 1))
        assert_same(equal.model, unbroken.model)
        differs = any(
            array.tobytes() != other.model[name].tobytes() for name, array in equal.model.items()
        )
        assert differs == self.random

    def test_arrays_hold_numbers_and_survive_a_file(self, tmp_path: Path, stopped: Run) -> None:
        """No objects, no text."""
        for k, arrays in enumerate([*stopped.snapshots, stopped.model]):
            assert all(array.dtype.kind in "biuf" for array in arrays.values())
            save(tmp_path / f"{k}.h5", arrays)
            assert_same(read(tmp_path / f"{k}.h5"), arrays)

    def test_arrays_do_not_change_when_the_training_goes_on(self, tmp_path: Path) -> None:
        """They are a copy, not a view of what the next step overwrites."""
        task, trainer = self.task(tmp_path), self.trainer()
        state = trainer.advance(task, trainer.start(task), lambda: True)
        arrays = trainer.to_arrays(state)
        before = {name: array.copy() for name, array in arrays.items()}
        if not trainer.progress(state).finished:
            trainer.advance(task, state, lambda: False)
        assert_same(arrays, before)

    def test_progress_grows_to_the_end(self, unbroken: Run, stopped: Run) -> None:
        """Every call makes at least one step, even if a stop is always due."""
        assert all(after.step > before.step for before, after in pairwise(stopped.progress))
        assert [p.finished for p in stopped.progress] == [False] * stopped.stops + [True]
        assert len({p.steps for p in stopped.progress}) == 1
        assert stopped.progress[-1].step == stopped.progress[-1].steps
        assert len(unbroken.progress) == 2

    def test_predictions_have_the_shapes_and_the_scale_of_the_data(self, unbroken: Run) -> None:
        """Float64, finite, and of the whole molecule."""
        frames = samples(7, seed=3)
        energies, forces = self.predict(unbroken, frames.positions)
        assert energies.shape == (7,)
        assert forces.shape == (7, len(SPECIES), 3)
        assert energies.dtype == forces.dtype == np.float64
        assert np.isfinite(energies).all()
        assert np.isfinite(forces).all()
        spread = float(np.ptp(unbroken.task.train.energies))
        assert np.abs(energies - frames.energies).max() < 10 * spread

    def test_predictions_follow_the_order_of_the_frames(self, unbroken: Run) -> None:
        """No frame's prediction depends on the others."""
        positions = samples(6, seed=3).positions
        order = np.array([3, 0, 5, 1, 4, 2])
        energies, forces = self.predict(unbroken, positions)
        shuffled_energies, shuffled_forces = self.predict(unbroken, positions[order])
        np.testing.assert_allclose(shuffled_energies, energies[order], rtol=0, atol=1e-3)
        np.testing.assert_allclose(shuffled_forces, forces[order], rtol=0, atol=1e-3)

    def test_forces_are_the_negative_gradient_of_the_energies(self, unbroken: Run) -> None:
        """By central differences of 0.005 Å."""
        frame, step_ang = samples(1, seed=3).positions[0], 0.005
        shifts = step_ang * np.eye(frame.size).reshape(-1, *frame.shape)
        above, _ = self.predict(unbroken, frame + shifts)
        below, _ = self.predict(unbroken, frame - shifts)
        _, forces = self.predict(unbroken, frame[None])
        slopes = (above - below).reshape(frame.shape) / (2 * step_ang)
        tolerance = self.force_tolerance_kcal_mol_ang
        np.testing.assert_allclose(forces[0], -slopes, rtol=0, atol=tolerance)

    def test_a_predictor_that_is_kept_predicts_the_same(self, unbroken: Run) -> None:
        """What a trainer may offer: one frame at a time, call after call, bit by bit."""
        trainer, task = self.trainer(), unbroken.task
        if not isinstance(trainer, KeepsPredictor):
            pytest.skip("the trainer keeps no predictor")
        predict = trainer.predictor(task, unbroken.model)
        for frame in (*samples(3, seed=3).positions, samples(1, seed=3).positions[0]):
            found = dict(zip(("energies", "forces"), predict(frame[None]), strict=True))
            energies, forces = self.predict(unbroken, frame[None])
            assert_same(found, {"energies": energies, "forces": forces})

    def test_the_estimate_is_positive(self, unbroken: Run) -> None:
        """Memory, disk and time are known before any data is read."""
        size = Size(n_atoms=10, n_train=200, n_validation=200)
        needs = self.entry.estimate(unbroken.task.settings, size)
        for value in (needs.mem_gb, needs.disk_gb, needs.cpu_s):
            assert math.isfinite(value)
            assert value > 0
        assert 0 < needs.least_mem_gb <= needs.mem_gb

    def test_rates_are_positive_and_taken_by_the_estimate(self, tmp_path: Path) -> None:
        """What a trainer may measure, in a training of its own."""
        trainer, task = self.trainer(), self.task(tmp_path)
        if not isinstance(trainer, MeasuresRates):
            pytest.skip("the trainer measures nothing")
        state = trainer.start(task)
        while not trainer.progress(state).finished:
            state = trainer.advance(task, state, lambda: False)
        rates = trainer.rates(state)
        assert all(math.isfinite(value) and value > 0 for value in rates.values())
        size = Size(n_atoms=10, n_train=200, n_validation=200, rates=rates)
        assert 0 < self.entry.estimate(task.settings, size).cpu_s < math.inf

    def test_a_curve_is_all_there_after_a_resume(self, tmp_path: Path, unbroken: Run) -> None:
        """What a trainer may keep: steps that grow, one finite loss each."""
        trainer, task = self.trainer(), self.task(tmp_path)
        if not isinstance(trainer, KeepsCurve):
            pytest.skip("the trainer keeps no curve")
        found = trainer.curve(trainer.from_arrays(task, unbroken.final))
        last = unbroken.progress[-1]
        assert found.steps.dtype == np.int64
        assert found.steps.shape == found.losses.shape
        assert (np.diff(found.steps, prepend=0) > 0).all()
        assert np.isfinite(found.losses).all()
        assert (found.steps[-1], found.losses[-1]) == (last.step, last.loss)

    def test_unknown_settings_are_refused(self) -> None:
        """A misspelt hyperparameter must not be ignored."""
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            self.entry.settings.model_validate({"no_such_setting": 1})

    def test_the_entry_imports_nothing_heavy(self) -> None:
        """A login node reads settings and estimates without the trainer's packages."""
        modules = {self.entry.settings.__module__, self.entry.estimate.__module__}
        code = f"import sys, {', '.join(sorted(modules))}; print([*sys.modules])"
        shown = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env=child_environment(),
        )
        assert not set(self.entry.requires) & set(ast.literal_eval(shown.stdout))

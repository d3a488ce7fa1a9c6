from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from hpcmlff.models.mean import MEAN, MeanTrainer
from hpcmlff.testing.trainers import TrainerConformance


class TestMean(TrainerConformance):
    entry = MEAN
    settings: ClassVar[dict[str, int | float]] = {"steps": 5}
    random = False

    def test_predicts_the_mean_energy_and_no_forces(self, tmp_path: Path) -> None:
        task = self.task(tmp_path)
        trainer = MeanTrainer()
        state = trainer.advance(task, trainer.start(task), lambda: False)
        energies, forces = trainer.predict(task, trainer.model(task, state), np.ones((3, 5, 3)))
        np.testing.assert_allclose(energies, np.full(3, task.train.energies.mean()))
        assert not forces.any()

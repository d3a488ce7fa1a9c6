"""Trainings on the synthetic molecule: in one piece, stopped, interrupted, finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.exchange import load
from hpcmlff.testing.molecules import SPECIES, samples

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Progress, Trainer, TrainerEntry

SEED = 2**127 + 11
"""A seed as long as a cell's."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Run:
    """A finished training."""

    task: Task
    """What was trained."""
    snapshots: list[Arrays]
    """The state's arrays before the first step and at every stop."""
    progress: list[Progress]
    """The progress at the same moments."""
    model: Arrays
    """The model."""

    @property
    def stops(self) -> int:
        """How often it was advanced."""
        return len(self.snapshots) - 1

    @property
    def final(self) -> Arrays:
        """The state's arrays at the end."""
        return self.snapshots[-1]


def assert_same(found: Arrays, expected: Arrays) -> None:
    """Demand equal names, types, shapes and bytes."""
    assert sorted(found) == sorted(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].shape == array.shape, name
        assert found[name].tobytes() == array.tobytes(), f"{name} differs"


class TrainerRuns:
    """Makes tasks of a trainer's settings, and runs them."""

    entry: ClassVar[TrainerEntry]
    """The trainer's registry entry."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings as a user would write them."""
    random: ClassVar[bool] = True
    """Whether the seed changes the model."""
    n_train: ClassVar[int] = 12
    """Training frames."""
    n_validation: ClassVar[int] = 5
    """Validation frames."""
    force_tolerance_kcal_mol_ang: ClassVar[float] = 0.05
    """Largest difference of a force from the energies' finite difference."""

    def trainer(self) -> Trainer[Any]:
        """Return a new trainer."""
        found: Trainer[Any] = load(self.entry.engine)()
        return found

    def task(self, folder: Path, seed: int = SEED) -> Task:
        """Return a task on the synthetic molecule, its blocks in the folder."""
        return Task(
            species=SPECIES,
            train=samples(self.n_train, seed=1),
            validation=samples(self.n_validation, seed=2),
            settings=self.entry.settings.model_validate(self.settings),
            seed=seed,
            allocation=Allocation(threads=1),
            blocks=FolderBlocks(folder / "blocks"),
        )

    def run(self, task: Task, *, stopping: bool = False) -> Run:
        """Train to the end, in one piece or stopping at every safe point."""
        trainer = self.trainer()
        state = trainer.start(task)
        snapshots, progress = [trainer.to_arrays(state)], [trainer.progress(state)]
        while not progress[-1].finished:
            state = trainer.advance(task, state, lambda: stopping)
            snapshots.append(trainer.to_arrays(state))
            progress.append(trainer.progress(state))
        model = trainer.model(task, state)
        return Run(task=task, snapshots=snapshots, progress=progress, model=model)

    def interrupted(self, task: Task, stops: int, lost: int = 0) -> Arrays:
        """Start a training, stop it so often, and return its arrays of then.

        What it does in further steps is lost, except for the blocks it writes.
        """
        trainer = self.trainer()
        state = trainer.start(task)
        for _ in range(stops):
            state = trainer.advance(task, state, lambda: True)
        arrays = trainer.to_arrays(state)
        for _ in range(lost):
            state = trainer.advance(task, state, lambda: True)
        return arrays

    def finish(self, task: Task, arrays: Arrays) -> tuple[Arrays, Arrays]:
        """Restore a state, train to the end; return final arrays and model."""
        trainer = self.trainer()
        state = trainer.from_arrays(task, arrays)
        while not trainer.progress(state).finished:
            state = trainer.advance(task, state, lambda: False)
        return trainer.to_arrays(state), trainer.model(task, state)

    def predict(
        self, run: Run, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict with a new trainer and a task that has no frames."""
        empty = samples(0, seed=0)
        task = replace(run.task, train=empty, validation=empty)
        return self.trainer().predict(task, run.model, positions)

    @pytest.fixture(scope="class")
    @classmethod
    def unbroken(cls, tmp_path_factory: pytest.TempPathFactory) -> Run:
        """Return a training in one piece."""
        suite = cls()
        return suite.run(suite.task(tmp_path_factory.mktemp("unbroken")))

    @pytest.fixture(scope="class")
    @classmethod
    def stopped(cls, tmp_path_factory: pytest.TempPathFactory) -> Run:
        """Return a training stopped at every safe point, continued by the same process."""
        suite = cls()
        return suite.run(suite.task(tmp_path_factory.mktemp("stopped")), stopping=True)

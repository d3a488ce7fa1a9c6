"""What both sides of the SchNet benchmark are given, and our engine driven with it.

What is heavy is imported inside functions: how long that takes is measured.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

NEVER = 10**9
"""So many steps are not made here."""


class Side:
    """What both sides are given.

    Parameters
    ----------
    given
        ``data`` and ``n_train``; ``settings`` of the network; ``threads`` and ``seconds``;
        ``workers`` and ``neighbours`` of stock's data loader.
    """

    def __init__(self, given: dict[str, Any]) -> None:
        import numpy as np

        from hpcmlff.models.protocol import Samples

        data = Path(given["data"])
        self.database = data.with_suffix(".db")
        with np.load(data) as arrays:
            frames = {name: arrays[name] for name in ("positions", "energies", "forces")}
            self.species = arrays["species"]
        parts = slice(None, given["n_train"]), slice(given["n_train"], None)
        self.train, self.validation = (
            Samples(**{name: array[part] for name, array in frames.items()}) for part in parts
        )
        self._settings = given["settings"]
        self.threads, self.seconds = given["threads"], given["seconds"]
        self.workers, self.neighbours = given["workers"], given["neighbours"]

    @property
    def steps_per_pass(self) -> int:
        """Steps in a pass through the training frames; after each both sides validate."""
        return len(self.train.energies) // self._settings["batch_size"]

    def settings(self, **further: Any) -> Any:
        """Return the engine's settings; stock takes from them what it knows."""
        from hpcmlff.models.schnet import SchNetSettings

        known = {
            "steps": NEVER // 1000,
            "validate_every": self.steps_per_pass,
            "compile": False,
        }
        return SchNetSettings(**known | self._settings | further)

    def task(self, **further: Any) -> Any:
        """Return the engine's task."""
        from hpcmlff.models.protocol import Allocation, Task
        from hpcmlff.store.blocks import CellBlocks
        from hpcmlff.store.layout import CellFolder

        return Task(
            species=self.species,
            train=self.train,
            validation=self.validation,
            settings=self.settings(**further),
            seed=1,
            allocation=Allocation(threads=self.threads),
            blocks=CellBlocks(CellFolder(Path.cwd())),
        )


class Running:
    """A training by the engine, driven as the worker drives it.

    Parameters
    ----------
    task
        The task.
    """

    def __init__(self, task: Any) -> None:
        from hpcmlff.models.schnet.engine import NetworkTrainer

        self.trainer, self.task = NetworkTrainer(), task
        self.state = self.trainer.start(task)

    def advance(self, steps: int) -> None:
        """Make so many steps."""
        target = self._step() + steps
        while (left := target - self._step()) > 0:
            asked = count(1)
            # Asked once at each safe point, of which there is at most one a step.
            self.state = self.trainer.advance(
                self.task, self.state, lambda asked=asked, left=left: next(asked) >= left
            )
        if self._step() != target:
            raise RuntimeError(f"asked to stop at step {target}, stopped at {self._step()}")

    def _step(self) -> int:
        return int(self.trainer.progress(self.state).step)

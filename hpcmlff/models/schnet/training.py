"""A training in progress: AdamW, a cosine, averaged weights, the best of them."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.models.protocol import Size
from hpcmlff.models.schnet import network as networks
from hpcmlff.models.schnet.batches import order
from hpcmlff.models.schnet.compiling import has_compiler, is_compiled
from hpcmlff.models.schnet.descent import Descent
from hpcmlff.models.schnet.estimate import step_s
from hpcmlff.models.schnet.recovery import Recovery, diverged, tensors
from hpcmlff.models.schnet.sparse import SparseProblem
from hpcmlff.models.schnet.timing import StepTimer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Task
    from hpcmlff.models.schnet.problem import Problem
    from hpcmlff.models.schnet.settings import NetworkSettings

_TRIED_STEPS, _TRIED_S = 30, 2.0
"""Steps, and time, by which the rate is measured where a budget is given in hours."""


class Training:
    """All that changes from step to step, and what the steps need.

    The order of the frames, the learning rate, Adam's and the average's counts all
    follow from the seed and the number of steps done; only vectors have to be kept.

    Parameters
    ----------
    task
        The task.
    arrays
        What `arrays` returned of a training that goes on; None for a new one.
    """

    def __init__(self, task: Task, arrays: Arrays | None = None) -> None:
        self._seed = task.seed
        self._settings: NetworkSettings = task.settings
        self._n_train = len(task.train.energies)
        self.mean_kcal_mol = float(np.mean(task.train.energies))
        self._network = networks.build(self._settings, len(task.species), self._seed)
        weights = networks.flatten(self._network).to(task.allocation.device)
        self._best = weights.clone()
        self._descent = Descent(weights, self._settings)
        self._recovery = Recovery(self._descent, self._settings)
        self.timer, self.expected_step_s = StepTimer(), step_s(self._settings, _size(task))
        self.step, self._stale = 0, 0
        self.loss, self.best_loss = math.nan, math.inf
        self.validations: list[tuple[int, float]] = []
        self.steps = self._settings.budget(self._n_train)
        planned = self._planned_steps()
        self.compiled = is_compiled(task, planned) if arrays is None else bool(arrays["plan"][1])
        self._problem = self._make_problem(task)
        if arrays is not None:
            self._restore(arrays)
        elif self._settings.hours is not None:
            self.steps = self._steps_in(3600 * self._settings.hours)

    def _make_problem(self, task: Task) -> Problem:
        vectors = self._descent.vectors["weights"], self._descent.vectors["average"]
        if not self.compiled:
            return SparseProblem(task, self.mean_kcal_mol, *vectors)
        from hpcmlff.models.schnet.dense.problem import DenseProblem

        # Begun elsewhere, and here is no compiler: the same operations, one by one.
        compiled = task.allocation.device != "cpu" or has_compiler()
        return DenseProblem(task, self.mean_kcal_mol, *vectors, compiled=compiled)

    def _planned_steps(self) -> int:
        hours = self._settings.hours
        return self.steps if hours is None else int(3600 * hours / self.expected_step_s)

    def _steps_in(self, budget_s: float) -> int:
        """Count the steps that take so long, by trying some and taking them back."""
        before, spent = self.arrays(), list[float]()
        while len(spent) < _TRIED_STEPS or sum(spent) < _TRIED_S:
            began = time.perf_counter()
            self._go_on()
            self._recovery.bad_step()  # a GPU is waited for
            spent.append(time.perf_counter() - began)
        began = time.perf_counter()
        float(self._problem.validation_loss())
        validation_s = time.perf_counter() - began
        self._restore(before)
        a_step_s = float(np.median(spent)) + validation_s / self._settings.validate_every
        return max(1, int(budget_s / a_step_s))

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or further ones are of no use."""
        patience = self._settings.patience
        return self.step >= self.steps or (patience is not None and self._stale >= patience)

    @property
    def rollbacks(self) -> list[int]:
        """Steps at which the training had diverged."""
        return self._recovery.at

    def advance(self) -> None:
        """Make one step, and validate where it is due.

        Raises
        ------
        Diverged
            The training diverges, and has done so too often.
        """
        self._go_on()
        due = self.step % self._settings.validate_every == 0 or self.step >= self.steps
        if due and not self.settle():
            self._validate()

    def _go_on(self) -> None:
        loss, gradient = self._problem.gradient(self._batch())
        self._recovery.watch(loss, self.step + 1)
        turn = math.pi * self.step / self.steps
        rate = self._settings.learning_rate * self._recovery.rate
        self._descent.descend(gradient, rate * 0.5 * (1.0 + math.cos(turn)))
        self.step += 1
        self._descent.average(self.step)

    def _batch(self) -> NDArray[np.int64]:
        size = min(self._settings.batch_size, self._n_train)
        # A remainder is left out of this pass; the next one has another order.
        epoch, k = divmod(self.step, self._n_train // size)
        return order(self._seed, epoch, self._n_train)[k * size : (k + 1) * size]

    def settle(self) -> bool:
        """Go back to the last good validation if a loss was not a number; tell whether.

        Raises
        ------
        Diverged
            This has happened too often.
        """
        bad_step = self._recovery.bad_step()
        if bad_step is not None:
            self._go_back(bad_step, "training")
        return bad_step is not None

    def _go_back(self, bad_step: int, which: str) -> None:
        self.step = self._recovery.back(self._descent, bad_step, which)
        self.validations = [one for one in self.validations if one[0] <= self.step]

    def _validate(self) -> None:
        loss = float(self._problem.validation_loss())
        if diverged(loss, self.best_loss):
            self._go_back(self.step, "validation")
            return
        self.loss, self._stale = loss, self._stale + 1
        self.validations.append((self.step, loss))
        self._recovery.accept(self._descent, self.step)
        if loss < self.best_loss:
            self.best_loss, self._stale = loss, 0
            self._best.copy_(self._descent.vectors["average"])

    def arrays(self) -> Arrays:
        """Return copies of all vectors, the number of steps done, the plan and all losses."""
        vectors = {"best": self._best, **self._descent.vectors}
        return {
            **{name: vector.cpu().numpy().copy() for name, vector in vectors.items()},
            "step": np.array([self.step]),
            "plan": np.array([self.steps, int(self.compiled), self._stale]),
            "losses": np.array([self.loss, self.best_loss]),
            "validations": np.array(self.validations, dtype=np.float64).reshape(-1, 2),
            **self._recovery.arrays(),
        }

    def _restore(self, arrays: Arrays) -> None:
        self.step = int(arrays["step"][0])
        self.steps, self._stale = int(arrays["plan"][0]), int(arrays["plan"][2])
        self.loss, self.best_loss = (float(loss) for loss in arrays["losses"])
        self.validations = [
            (int(step), float(loss)) for step, loss in arrays.get("validations", ())
        ]
        found = tensors({name: arrays[name] for name in ("best", *self._descent.vectors)})
        self._best.copy_(found["best"])
        self._descent.restore(found, self.step)
        self._recovery.restore(arrays)

    def best(self) -> dict[str, NDArray[np.float32]]:
        """Return the averaged weights of the best validation, by name."""
        return networks.named(self._network, self._best)


def _size(task: Task) -> Size:
    return Size(
        n_atoms=len(task.species),
        n_train=len(task.train.energies),
        n_validation=len(task.validation.energies),
        threads=task.allocation.threads,
    )

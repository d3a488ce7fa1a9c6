"""The mean: predicts the mean training energy and no forces.

The line any model must be below, and a way to try a cluster's set-up in seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from hpcmlff.models.protocol import (
    Arrays,
    Estimate,
    Progress,
    ShouldStop,
    Size,
    Task,
    TrainerEntry,
)
from hpcmlff.spec.strict import Strict

if TYPE_CHECKING:
    from numpy.typing import NDArray


class MeanSettings(Strict):
    """Settings of the mean."""

    steps: int = Field(default=1, ge=1)
    """Steps to go through; more than one only to try checkpoints."""
    step_s: float = Field(default=0.0, ge=0)
    """Seconds to wait in each step."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MeanState:
    """How many steps are done, and the sum so far."""

    step: int
    """Steps done."""
    steps: int
    """Steps in all."""
    total: float
    """Sum of the training energies seen so far, kcal/mol."""


class MeanTrainer:
    """Adds up the training energies, one share a step."""

    def start(self, task: Task) -> MeanState:
        """Return the state before the first step."""
        return MeanState(step=0, steps=task.settings.steps, total=0.0)

    def advance(self, task: Task, state: MeanState, should_stop: ShouldStop) -> MeanState:
        """Add up further shares until all are in or a stop is due."""
        shares = np.array_split(task.train.energies, state.steps)
        while not self.progress(state).finished:
            time.sleep(task.settings.step_s)
            total = state.total + float(shares[state.step].sum())
            state = replace(state, step=state.step + 1, total=total)
            if should_stop():
                break
        return state

    def progress(self, state: MeanState) -> Progress:
        """Tell how far it is."""
        return Progress(step=state.step, steps=state.steps, finished=state.step == state.steps)

    def to_arrays(self, state: MeanState) -> Arrays:
        """Return step, steps and sum."""
        return {
            "step": np.array([state.step, state.steps]),
            "total_kcal_mol": np.array([state.total]),
        }

    def from_arrays(self, task: Task, arrays: Arrays) -> MeanState:  # noqa: ARG002
        """Restore step, steps and sum."""
        step, steps = (int(number) for number in arrays["step"])
        return MeanState(step=step, steps=steps, total=float(arrays["total_kcal_mol"][0]))

    def model(self, task: Task, state: MeanState) -> Arrays:
        """Return the mean energy, kcal/mol."""
        return {"mean_kcal_mol": np.array([state.total / len(task.train.energies)])}

    def predict(
        self, task: Task, model: Arrays, positions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean energy and zero forces for every frame."""
        del task
        return np.full(len(positions), model["mean_kcal_mol"][0]), np.zeros(positions.shape)


def _estimate(settings: MeanSettings, size: Size) -> Estimate:
    cpu_s = size.threads * (1.0 + settings.steps * settings.step_s)
    return Estimate(mem_gb=0.2, least_mem_gb=0.2, disk_gb=0.001, cpu_s=cpu_s)


MEAN = TrainerEntry(
    name="mean",
    version=1,
    settings=MeanSettings,
    engine="hpcmlff.models.mean:MeanTrainer",
    estimate=_estimate,
)
"""The registry's entry."""

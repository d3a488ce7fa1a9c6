"""A linear solver as a trainer: kernel ridge regression by a panelled Cholesky.

Energies are fitted by Gaussians of the distances between atoms. The kernel is
factorised from left to right; each panel is a block, and each is a safe point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.linalg import solve_triangular

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

Vector = NDArray[np.float64]


class RidgeSettings(Strict):
    width_ang: float = Field(default=1.0, gt=0)
    ridge: float = Field(default=1e-6, gt=0)
    panel: int = Field(default=3, ge=1)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RidgeState:
    panels: int
    done: int = 0
    weights: Vector | None = None


class RidgeTrainer:
    def start(self, task: Task) -> RidgeState:
        return RidgeState(panels=-(-len(task.train.energies) // task.settings.panel))

    def advance(self, task: Task, state: RidgeState, should_stop: ShouldStop) -> RidgeState:
        while state.weights is None:
            state = self._step(task, state)
            if should_stop():
                break
        return state

    def _step(self, task: Task, state: RidgeState) -> RidgeState:
        if state.done == state.panels:
            return replace(state, weights=_substitute(task, state.panels))
        if not task.blocks.has(_name(state.done)):
            task.blocks.put(_name(state.done), _panel(task, state.done))
        return replace(state, done=state.done + 1)

    def progress(self, state: RidgeState) -> Progress:
        finished = state.weights is not None
        return Progress(step=state.done + finished, steps=state.panels + 1, finished=finished)

    def to_arrays(self, state: RidgeState) -> Arrays:
        weights = np.zeros(0) if state.weights is None else state.weights
        return {"panels": np.array([state.done, state.panels]), "weights": weights}

    def from_arrays(self, task: Task, arrays: Arrays) -> RidgeState:  # noqa: ARG002
        done, panels = (int(number) for number in arrays["panels"])
        weights = arrays["weights"] if len(arrays["weights"]) else None
        return RidgeState(done=done, panels=panels, weights=weights)

    def model(self, task: Task, state: RidgeState) -> Arrays:
        assert state.weights is not None
        centres, _ = _distances(task.train.positions)
        mean = np.array([task.train.energies.mean()])
        return {"centres_ang": centres, "weights": state.weights, "mean_kcal_mol": mean}

    def predict(self, task: Task, model: Arrays, positions: Vector) -> tuple[Vector, Vector]:
        width = task.settings.width_ang
        distances, vectors = _distances(positions)
        terms = _kernel(distances, model["centres_ang"], width) * model["weights"]
        away = distances[:, None] - model["centres_ang"]
        pulls = np.einsum("fc,fcp->fp", terms, away) / width**2
        pairs = (pulls / distances)[..., None] * vectors
        forces = np.zeros(positions.shape)
        for pair, (i, j) in enumerate(_pairs(positions.shape[1])):
            forces[:, i] -= pairs[:, pair]
            forces[:, j] += pairs[:, pair]
        return terms.sum(axis=1) + model["mean_kcal_mol"][0], forces


def _name(panel: int) -> str:
    return f"panel-{panel:03d}"


def _pairs(n_atoms: int) -> list[tuple[int, int]]:
    return list(zip(*(index.tolist() for index in np.triu_indices(n_atoms, k=1)), strict=True))


def _distances(positions: Vector) -> tuple[Vector, Vector]:
    first, second = np.triu_indices(positions.shape[1], k=1)
    vectors = positions[:, second] - positions[:, first]
    return np.linalg.norm(vectors, axis=2), vectors


def _kernel(left: Vector, right: Vector, width_ang: float) -> Vector:
    squares = np.sum((left[:, None] - right[None]) ** 2, axis=2)
    return np.exp(-squares / (2 * width_ang**2))


def _panel(task: Task, number: int) -> Vector:
    first = number * task.settings.panel
    last = min(first + task.settings.panel, len(task.train.energies))
    distances, _ = _distances(task.train.positions)
    panel = _kernel(distances[first:], distances[first:last], task.settings.width_ang)
    panel[: last - first] += task.settings.ridge * np.eye(last - first)
    for k in range(number):
        rows = task.blocks.get(_name(k))[first - k * task.settings.panel :]
        panel -= rows @ rows[: last - first].T
    top = np.linalg.cholesky(panel[: last - first])
    return np.concatenate([top, solve_triangular(top, panel[last - first :].T, lower=True).T])


def _substitute(task: Task, panels: int) -> Vector:
    width, values = task.settings.panel, task.train.energies - task.train.energies.mean()
    blocks: list[Any] = [task.blocks.get(_name(k)) for k in range(panels)]
    for k, block in enumerate(blocks):
        here, size = k * width, block.shape[1]
        values[here : here + size] = solve_triangular(
            block[:size], values[here : here + size], lower=True
        )
        values[here + size :] -= block[size:] @ values[here : here + size]
    for k, block in reversed(list(enumerate(blocks))):
        here, size = k * width, block.shape[1]
        values[here : here + size] -= block[size:].T @ values[here + size :]
        values[here : here + size] = solve_triangular(
            block[:size], values[here : here + size], lower=True, trans="T"
        )
    return values


def _estimate(settings: RidgeSettings, size: Size) -> Estimate:
    del settings
    kernel_gb = size.n_train**2 * 8 / 2**30
    needed_gb = 0.1 + kernel_gb
    return Estimate(mem_gb=needed_gb, least_mem_gb=needed_gb, disk_gb=0.001 + kernel_gb, cpu_s=1.0)


RIDGE = TrainerEntry(
    name="ridge",
    version=1,
    settings=RidgeSettings,
    engine="panelled_ridge:RidgeTrainer",
    estimate=_estimate,
)

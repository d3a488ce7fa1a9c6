"""Whole stores of finished cells with predictions as good, or as bad, as a test wants them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hpcmlff.data.dataset import Dataset, read_dataset, write_dataset
from hpcmlff.data.fixed import FixedSets
from hpcmlff.data.frames import Frames
from hpcmlff.data.splits import make_split
from hpcmlff.metrics import score
from hpcmlff.report.checks import run_checks
from hpcmlff.report.checks.examined import Examined, examined
from hpcmlff.report.findings import Finding
from hpcmlff.results import Results, results
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.grid import SplitSettings
from hpcmlff.spec.resources import Asked
from hpcmlff.store.attempts import claim, describe, record_end, record_start
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.image import Content
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.store import Store, create_store
from hpcmlff.testing.molecules import SPECIES, samples

SPLIT = SplitSettings(validation=10, test=40)
SIZES, SEEDS = (20, 40, 80), (0, 1, 2)
FRAMES = 200


@dataclass(kw_only=True, slots=True, eq=False)
class Outcome:
    """What a training has come to; a test may change it before it is committed."""

    cell: Cell
    indices: dict[str, NDArray[np.int64]]
    energies: NDArray[np.float64]
    forces: NDArray[np.float64]
    curve: tuple[NDArray[np.int64], NDArray[np.float64]] | None = None
    model: dict[str, NDArray[Any]] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    share: dict[str, Any] = field(default_factory=dict)


Change = Callable[[Outcome], None]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FinishedStore:
    """A store, and how its cells are finished."""

    store: Store
    frozen: FrozenGrid
    dataset: Dataset

    def finish(self, cell: Cell, change: Change | None = None) -> None:
        """Commit a cell's result as a worker does, not waiting for the disk."""
        outcome = self.outcome(cell)
        if change is not None:
            change(outcome)
        folder = self.store.cell(cell)
        with mock.patch.object(os, "fsync"):
            self._commit(folder, outcome)

    def _commit(self, folder: CellFolder, outcome: Outcome) -> None:
        attempt, cell = claim(folder), outcome.cell
        describe(folder, {"id": cell.id, **cell.identity()})
        record_start(attempt, {"record": 0, "threads": 2, "gpu": None, "started": "now"})
        commit(folder, attempt, 1, _content(self.dataset, outcome), final=True)
        record_end(attempt, {"outcome": "done", "wall_s": 36.0, "cpu_s": 54.0})

    def finish_all(self, change: Change | None = None) -> None:
        """Finish every cell, all with the same change."""
        for cell in self.frozen.cells:
            self.finish(cell, change)

    def outcome(self, cell: Cell) -> Outcome:
        """Return predictions whose errors fall with the square root of the size."""
        indices = self._indices(cell)
        test = self.dataset.frames.take(indices["test"])
        random = np.random.default_rng(crc32(cell.id.encode()))
        factor = cell.size**-0.5 * (1.5 if cell.model == "schnet" else 1.0)
        outcome = Outcome(
            cell=cell,
            indices=indices,
            energies=test.energies + _noise(random, test.energies.shape, factor),
            forces=test.forces + _noise(random, test.forces.shape, 8 * factor),
        )
        if cell.model == "schnet":
            steps = np.arange(1, 51) * 500
            losses = 1 + np.exp(-steps / 2500) + 0.001 * np.cos(steps)
            outcome.curve = steps, losses
        if cell.model == "sgdml":
            forces = self.dataset.frames.forces[indices["train"]]
            outcome.model = {
                "scale": np.array([forces.std()]),
                "residual": np.array([1e-12]),
                "sigma": np.array([20]),
                "candidates": np.array([10, 20, 40]),
                "candidate_errors_kcal_mol_ang": np.array([2.0, 1.0, 3.0]),
            }
        return outcome

    def _indices(self, cell: Cell) -> dict[str, NDArray[np.int64]]:
        settings = SplitSettings.model_validate(self.frozen.grid["split"])
        number, fixed = len(self.dataset.frames), self.dataset.fixed
        split = make_split(number, fixed, settings, "springs", cell.seed)
        train = split.train(cell.size)
        return {"train": train, "validation": split.validation, "test": split.test}

    def results(self) -> Results:
        return results(self.store, self.frozen)

    def examined(self) -> Examined:
        found = self.results()
        return examined(found.rows, found.facts, found.frames, self.frozen.grid["split"])

    def findings(self) -> list[Finding]:
        return run_checks(self.examined())


def make_finished(
    path: Path,
    *,
    models: Iterable[str] = ("schnet", "sgdml"),
    molecules: Iterable[str] = ("springs",),
    sizes: Iterable[int] = SIZES,
    seeds: Iterable[int] = SEEDS,
    frames: int = FRAMES,
    split: SplitSettings = SPLIT,
) -> FinishedStore:
    """Make a store with frames and a grid; nothing is finished."""
    store, names, seeds = create_store(path, "study"), list(molecules), list(seeds)
    for name in names:
        _write_frames(store.layout.dataset(name), frames)
    dataset = read_dataset(store.layout.dataset(names[0]))
    cells = [
        _cell(dataset, split, (model, molecule, size, seed))
        for model in models
        for molecule in names
        for size in sizes
        for seed in seeds
    ]
    frozen = FrozenGrid(
        revision=0,
        grid={"name": "study", "split": split.model_dump(mode="json")},
        molecules=dict.fromkeys(names, dataset.digest),
        cells=tuple(cells),
        resources=tuple(Asked(cpus=1) for _ in cells),
    )
    return FinishedStore(store=store, frozen=store.grids.freeze(frozen), dataset=dataset)


def _write_frames(path: Path, number: int) -> None:
    made = samples(number, seed=0)
    frames = Frames(
        species=np.array(SPECIES),
        positions=made.positions,
        energies=made.energies,
        forces=made.forces,
    )
    write_dataset(path, frames, FixedSets(), {"files": ["springs.xyz"]})


def _cell(dataset: Dataset, settings: SplitSettings, point: tuple[str, str, int, int]) -> Cell:
    model, molecule, size, seed = point
    # All molecules here have the same frames, and share their permutation as well.
    split = make_split(len(dataset.frames), dataset.fixed, settings, "springs", seed)
    return Cell(
        model=model,
        molecule=molecule,
        size=size,
        seed=seed,
        settings={},
        dataset=dataset.digest,
        split=split.digest(size),
        trainer_version=1,
    )


def _noise(random: np.random.Generator, shape: tuple[int, ...], size: float) -> NDArray[np.float64]:
    """Return noise of exactly this spread and no mean, so that no seed stands out."""
    noise = random.normal(size=shape)
    noise -= noise.mean()
    return noise * size / noise.std()


def _content(dataset: Dataset, outcome: Outcome) -> Content:
    test = dataset.frames.take(outcome.indices["test"])
    found = score(outcome.energies, outcome.forces, test.energies, test.forces)
    share = {"attempt": 1, "started": "now", "threads": 2, "gpu": None, "train_s": 30.0}
    share |= {"wall_s": 35.5, "cpu_s": 54.0, "peak_mem_gb": 0.5, "host": "n1", **outcome.share}
    steps = int(outcome.curve[0][-1]) if outcome.curve else 1
    notes = {
        "cell": outcome.cell.identity(),
        "cell_id": outcome.cell.id,
        "progress": {"step": steps, "steps": steps, "loss": 1.0},
        "history": [share],
        "metrics": found | outcome.metrics,
        **{f"n_{name}": len(numbers) for name, numbers in outcome.indices.items()},
    }
    plain = {f"split/{name}": numbers for name, numbers in outcome.indices.items()}
    plain["test/energies_kcal_mol"] = outcome.energies
    plain["test/forces_kcal_mol_ang"] = outcome.forces
    if outcome.curve is not None:
        plain |= dict(zip(("curve/step", "curve/loss"), outcome.curve, strict=True))
    packed = {f"model.{name}": array for name, array in outcome.model.items()}
    return Content(packed=packed, plain=plain, notes=notes)

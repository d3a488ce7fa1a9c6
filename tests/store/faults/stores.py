"""Stores for the campaigns: with many cheap cells, or with one a worker can really train."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from benchmarks.study import Study

from hpcmlff.prepare.draft import draft, settle
from hpcmlff.spec.cells import Cell
from hpcmlff.store.store import Store, create_store


def cells(number: int) -> list[Cell]:
    """Return cells that are only names: their seeds tell them apart."""
    return [
        Cell(
            model="mean",
            molecule="springs",
            size=10,
            seed=seed,
            settings={"steps": 1},
            dataset="d" * 64,
            split="s" * 64,
            trainer_version=1,
        )
        for seed in range(number)
    ]


def plain_store(folder: Path) -> Store:
    """Return a store for such cells."""
    return create_store(folder, "faults")


def trainable(folder: Path, steps: int) -> tuple[Store, Cell]:
    """Return a store with frames, and its one cell of the mean model."""
    study = Study(folder)
    axes = {"model": ["mean"], "size": [100], "seed": [0]}
    study.write(axes, {"partitions": []}, models={"mean": {"steps": steps}})
    with contextlib.redirect_stderr(io.StringIO()):
        store, frozen = settle(draft(study.grid, _silent), _silent)
    return store, frozen.cells[0]


def _silent(text: str) -> None:
    del text

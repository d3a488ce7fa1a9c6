"""A store of very many cells in all states, made quickly and without jobs."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from hpcmlff.metrics import METRICS
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.spec.resources import Asked
from hpcmlff.spec.states import CellState
from hpcmlff.store.attempts import claim, describe, record_end, record_start, report_progress
from hpcmlff.store.checkpoints import commit_image
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.image import Content, to_image
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store, create_store

STATES = (
    *(CellState.DONE,) * 5,
    CellState.FAILED,
    CellState.STOPPED,
    CellState.RUNNING,
    CellState.QUEUED,
    CellState.PENDING,
)
"""States of ten cells that follow each other."""

MODELS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "schnet": ({"cutoff": 4.0, "steps": 1000}, {"cutoff": 5.0, "steps": 1000}),
    "sgdml": ({"lam": 1e-10},),
    "mean": ({"steps": 1},),
}
"""Models with the settings that each is trained with."""

MOLECULES = ("glycine", "azobenzene")
SIZES = (200, 400, 600, 800, 1000)
KINDS = 40
"""Cells of one seed."""

CELLS_PER_JOB = 1000
STEPS, STEP, LOSS = 1000, 250, 0.125

PLACE = Placement(
    partition="cpu",
    cpus=1,
    gpus=0,
    mem_gb=1.0,
    walltime_s=3600,
    parallel=CELLS_PER_JOB,
    cells_per_element=1,
)
PROFILE = ClusterProfile(
    name="many",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
)


@dataclass(frozen=True, kw_only=True)
class Many:
    """A store, and what is in it."""

    store: Store
    cells: tuple[Cell, ...]
    states: Mapping[str, CellState]
    """State of each cell by its id."""
    squeue: str
    """What Slurm says of its jobs."""

    def of(self, state: CellState) -> list[Cell]:
        return [cell for cell in self.cells if self.states[cell.id] is state]

    def put_slurm(self, folder: Path) -> None:
        """Put a squeue into a folder that says what belongs here, and notes when it was asked."""
        folder.mkdir(exist_ok=True)
        (folder / "squeue.txt").write_text(self.squeue, encoding="ascii")
        lines = ['here=$(dirname "$0")', 'date +%s.%N >>"$here/calls"', 'cat "$here/squeue.txt"']
        (folder / "squeue").write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="ascii")
        (folder / "squeue").chmod(0o755)


def make_many(path: Path, number: int = 10_000, poll_interval: str = "1s") -> Many:
    """Make a store of a multiple of `KINDS` cells; nothing waits for the disk."""
    with mock.patch.object(os, "fsync"):
        store = create_store(path, "many")
        cells = tuple(_cells(number // KINDS))
        store.grids.freeze(_frozen(cells))
        states = {cell.id: STATES[index % len(STATES)] for index, cell in enumerate(cells)}
        profile = PROFILE.model_dump(mode="json") | {"poll_interval": poll_interval}
        squeue = "".join(_submitted(store, profile, cells, states))
        image = {final: to_image(_content(final=final)) for final in (False, True)}
        for cell in cells:
            _begin(store, cell, states[cell.id], image)
    return Many(store=store, cells=cells, states=states, squeue=squeue)


def _cells(seeds: int) -> Iterator[Cell]:
    settings = [(model, one) for model, listed in MODELS.items() for one in listed]
    for (model, own), molecule, size in product(settings, MOLECULES, SIZES):
        for seed in range(seeds):
            yield Cell(
                model=model,
                molecule=molecule,
                size=size,
                seed=seed,
                settings=own,
                dataset="4" * 64,
                split="5" * 64,
                trainer_version=1,
            )


def _frozen(cells: tuple[Cell, ...]) -> FrozenGrid:
    return FrozenGrid(
        revision=0,
        grid={"name": "many", "split": {"test": 2}},
        molecules=dict.fromkeys(MOLECULES, "4" * 64),
        cells=cells,
        resources=tuple(Asked(cpus=1) for _ in cells),
    )


def _submitted(
    store: Store,
    profile: Mapping[str, Any],
    cells: Sequence[Cell],
    states: Mapping[str, CellState],
) -> Iterator[str]:
    """Write down the jobs of all cells but the pending ones; yield lines of squeue."""
    tried = [cell for cell in cells if states[cell.id] is not CellState.PENDING]
    words = {CellState.RUNNING: "RUNNING", CellState.QUEUED: "PENDING"}
    for first in range(0, len(tried), CELLS_PER_JOB):
        chunk = tried[first : first + CELLS_PER_JOB]
        number = _record(store, profile, chunk)
        for element, cell in enumerate(chunk):
            if word := words.get(states[cell.id]):
                yield f"{number}|{element}|{word}\n"


def _record(store: Store, profile: Mapping[str, Any], cells: Iterable[Cell]) -> int:
    intent = Intent(
        profile=profile,
        cells=tuple(cell.id for cell in cells),
        mark=f"mark{len(list(store.ledger.newest_first())) + 1}",
        revision=1,
        placement=asdict(PLACE),
    )
    record = store.ledger.intend(intent)
    job = {"job_id": str(record.number), "elements": len(intent.cells), "user": getpass.getuser()}
    store.ledger.confirm(record, job)
    return record.number


def _begin(store: Store, cell: Cell, state: CellState, image: Mapping[bool, memoryview]) -> None:
    if state in {CellState.PENDING, CellState.QUEUED}:
        return
    folder, done = store.cell(cell), state is CellState.DONE
    attempt = claim(folder)
    describe(folder, {"id": cell.id, **cell.identity()})
    record_start(attempt, {"record": 1 + _place(store, cell), "process": None, "host": "cn1"})
    step = STEPS if done else STEP
    facts = {"step": step, "steps": STEPS, "loss": LOSS, "phase": "training", "time_left_s": 750.0}
    report_progress(attempt, facts)
    attempt.log.write_text(f"training from step 0\nstep {step}\n", encoding="utf-8")
    commit_image(folder, attempt, 1, image[done], final=done)
    if state is CellState.FAILED:
        words = "the validation loss of SchNet is not a finite number at step 250"
        facts = {"cause": "diverged", "kind": "Diverged", "message": words}
        record_end(attempt, {"outcome": "failed", **facts})
    elif state is not CellState.RUNNING:
        outcome = "done" if done else "stopped"
        record_end(attempt, {"outcome": outcome, "reason": "SIGTERM", "step": step})


_PLACES: dict[Path, dict[str, int]] = {}


def _place(store: Store, cell: Cell) -> int:
    """Return the position of the job that has a cell."""
    if store.path not in _PLACES:
        records = list(store.ledger.newest_first())[::-1]
        found = {one: place for place, record in enumerate(records) for one in record.cells}
        _PLACES[store.path] = found
    return _PLACES[store.path][cell.id]


def _content(*, final: bool) -> Content:
    share = {"train_s": 1.5, "wall_s": 2.0, "cpu_s": 3.0, "peak_mem_gb": 0.5, "host": "cn1"}
    notes = {
        "progress": {"step": STEPS if final else STEP, "steps": STEPS, "loss": LOSS},
        "history": [share],
        "n_train": 3,
        "n_validation": 1,
        "n_test": 2,
    }
    errors = {name: float(number) for number, name in enumerate(METRICS)}
    name = "model.weights" if final else "state.weights"
    notes |= {"metrics": errors} if final else {}
    return Content(packed={name: np.zeros((3, 50), dtype=np.float32)}, notes=notes)

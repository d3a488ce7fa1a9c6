"""Small whole stores whose content follows from cell, step and writer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hpcmlff.data.dataset import write_dataset
from hpcmlff.data.fixed import FixedSets
from hpcmlff.data.frames import Frames
from hpcmlff.metrics import METRICS
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.profile import LocalProfile
from hpcmlff.spec.resources import Asked
from hpcmlff.store.attempts import claim, describe, record_end, record_start
from hpcmlff.store.checkpoints import Checkpoint, commit
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.image import Content
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store, create_store
from hpcmlff.testing.molecules import SPECIES, samples

PLACE = {"partition": "", "cpus": 1, "gpus": 0, "mem_gb": 4.0, "walltime_s": 3600, "parallel": 1}
"""Where jobs run, but for the number of their cells."""

STEPS = 100
"""Steps of every training; the last one makes it final."""


def make_store(path: Path, *, seeds: int = 2, frames: int = 6) -> tuple[Store, list[Cell]]:
    """Make a store with frames, a grid and a record, and nothing trained."""
    store = create_store(path, "study")
    digest = write_frames(store.layout.dataset("springs"), frames)
    cells = [_cell(digest, seed) for seed in range(seeds)]
    freeze(store, cells)
    intent = Intent(
        profile=LocalProfile(name="local", scheduler="local").model_dump(mode="json"),
        cells=tuple(cell.id for cell in cells),
        mark="abc",
        revision=1,
        placement={**PLACE, "cells_per_element": 1},
    )
    store.ledger.close(store.ledger.intend(intent))
    return store, cells


def write_frames(path: Path, number: int) -> str:
    made = samples(number, seed=0)
    frames = Frames(
        species=np.array(SPECIES),
        positions=made.positions,
        energies=made.energies,
        forces=made.forces,
    )
    fixed = FixedSets(test=np.arange(2))
    return write_dataset(path, frames, fixed, {"files": ["springs.xyz"]})


def freeze(store: Store, cells: list[Cell]) -> FrozenGrid:
    return store.grids.freeze(
        FrozenGrid(
            revision=0,
            grid={"name": "study", "split": {"test": 2}},
            molecules={"springs": cells[0].dataset},
            cells=tuple(cells),
            resources=tuple(Asked(cpus=1) for _ in cells),
        )
    )


def train(store: Store, cell: Cell, *steps: int, writer: str = "here") -> list[Path]:
    """Make an attempt that commits at these steps; a cell is done at the last of `STEPS`."""
    folder = store.cell(cell)
    newest = [seq for one in folder.attempts() for seq, _ in one.generations()]
    sequence, attempt = max(newest, default=0), claim(folder)
    describe(folder, {"id": cell.id, **cell.identity()})
    record_start(attempt, {"record": 1, "host": writer})
    paths = []
    for step in steps:
        sequence += 1
        made = content(cell, step, writer)
        paths.append(commit(folder, attempt, sequence, made, final=step == STEPS))
    record_end(attempt, {"outcome": "done" if STEPS in steps else "stopped"})
    attempt.log.write_text("trained\n", encoding="utf-8")
    return paths


def content(cell: Cell, step: int, writer: str = "here") -> Content:
    share = {"train_s": 1.5, "wall_s": 2.0, "cpu_s": 3.0, "peak_mem_gb": 0.5, "host": writer}
    notes: dict[str, Any] = {
        "cell": cell.identity(),
        "cell_id": cell.id,
        "progress": {"step": step, "steps": STEPS, "loss": 1 / step},
        "history": [share],
        "n_train": 3,
        "n_validation": 1,
        "n_test": 2,
    }
    if step < STEPS:
        return Content(packed={"state.weights": weights(cell, step, writer)}, notes=notes)
    errors = {name: float(number) for number, name in enumerate(METRICS, start=cell.seed)}
    plain = {
        "split/train": np.array([4, 2, 5]),
        "test/energies_kcal_mol": weights(cell, step, writer)[0].astype(np.float64),
    }
    packed = {"model.weights": weights(cell, step, writer)}
    return Content(packed=packed, plain=plain, notes=notes | {"metrics": errors})


def weights(cell: Cell, step: int, writer: str = "here") -> NDArray[np.float32]:
    """Return what was trained, made anew without the store."""
    random = np.random.default_rng([crc32(cell.id.encode()), step, crc32(writer.encode())])
    return random.normal(size=(3, 50)).astype(np.float32)


def assert_holds(found: Checkpoint | None, cell: Cell, step: int, writer: str = "here") -> None:
    assert found is not None
    assert found.content.notes == content(cell, step, writer).notes
    name = "model.weights" if step == STEPS else "state.weights"
    assert found.final == (step == STEPS)
    assert found.content.packed[name].tobytes() == weights(cell, step, writer).tobytes()


def damage(path: Path, place: int = -1) -> None:
    """Flip a bit in a file of its own, so that its other names stay whole."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.unlink()
    path.write_bytes(data)


def _cell(dataset: str, seed: int) -> Cell:
    first = Cell(
        model="mean",
        molecule="springs",
        size=3,
        seed=0,
        settings={"steps": STEPS},
        dataset=dataset,
        split="5" * 64,
        trainer_version=1,
    )
    return replace(first, seed=seed)

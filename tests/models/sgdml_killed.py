"""A training that is killed at any instant and started again; run in processes of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from models.sgdml_systems import AMMONIA, ammonia

from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.models.sgdml import SgdmlSettings, tiling
from hpcmlff.models.sgdml.cache import compiled
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.models.sgdml.package import stock
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder
from hpcmlff.testing.exchange import read, save

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Arrays

# Tiles of four frames: some fifty of them, which take a second in all.
tiling.NARROWEST = 48
compiled()
for module in ("predict", "utils.desc", "utils.perm"):
    stock(module)


def task(folder: Path) -> Task:
    """Return the task; its blocks are in the store's own form."""
    return Task(
        species=AMMONIA,
        train=ammonia(60, 1),
        validation=ammonia(20, 2),
        settings=SgdmlSettings(sigma=[6, 10, 16]),
        seed=5,
        allocation=Allocation(mem_gb=1.0),
        blocks=CellBlocks(CellFolder(folder)),
    )


def train(folder_name: str) -> None:
    """Go on from the newest state to the end; keep it at every safe point."""
    folder, trainer = Path(folder_name), SgdmlTrainer()
    state_file = folder / "state.h5"
    given = task(folder)
    begun = state_file.exists()
    state = trainer.from_arrays(given, read(state_file)) if begun else trainer.start(given)
    while not trainer.progress(state).finished:
        state = trainer.advance(given, state, lambda: True)
        keep(folder / "state.h5", trainer.to_arrays(state))
    keep(folder / "model.h5", trainer.model(given, state))


def keep(path: Path, arrays: Arrays) -> None:
    """Write a file as a whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save(temporary, arrays)
    temporary.replace(path)

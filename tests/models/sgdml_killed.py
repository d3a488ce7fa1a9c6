"""A training that is killed at any instant and started again; run in processes of its own."""

from __future__ import annotations

from pathlib import Path

from models.killing import go_on
from models.sgdml_systems import AMMONIA, ammonia

from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.models.sgdml import SgdmlSettings, tiling
from hpcmlff.models.sgdml.cache import compiled
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.models.sgdml.package import stock
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.layout import CellFolder

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
    """Go on to the end."""
    go_on(SgdmlTrainer(), task(Path(folder_name)), Path(folder_name))

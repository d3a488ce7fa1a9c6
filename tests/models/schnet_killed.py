"""A network's training that is killed and started again; run in processes of its own."""

from __future__ import annotations

from pathlib import Path

from models.killing import go_on

from hpcmlff.models.protocol import Allocation, Task
from hpcmlff.models.schnet import SchNetSettings
from hpcmlff.models.schnet.engine import NetworkTrainer
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.molecules import SPECIES, samples


def train(folder_name: str, threads: str) -> None:
    """Go on to the end with so many threads; batches are large enough to be shared by two."""
    folder = Path(folder_name)
    task = Task(
        species=SPECIES,
        train=samples(120, seed=1),
        validation=samples(10, seed=2),
        settings=SchNetSettings(interactions=2, batch_size=60, steps=12, validate_every=4),
        seed=5,
        allocation=Allocation(threads=int(threads)),
        blocks=FolderBlocks(folder),
    )
    go_on(NetworkTrainer(), task, folder)

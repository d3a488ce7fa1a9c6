"""From a frozen cell to a training task: the one place that joins store, data and models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.data.dataset import read_dataset
from hpcmlff.data.splits import make_split
from hpcmlff.errors import BrokenEnvironment, DataError, HpcmlffError
from hpcmlff.models import registry
from hpcmlff.models.protocol import Allocation, Samples, Task, Trainer
from hpcmlff.spec.grid import SplitSettings
from hpcmlff.store.blocks import CellBlocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hpcmlff.data.frames import Frames
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.frozen import FrozenHead
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Assignment:
    """A cell made ready for training."""

    cell: Cell
    """The cell."""
    trainer: Trainer[Any]
    """Its trainer's engine."""
    task: Task
    """What the trainer gets."""
    test: Frames
    """What it is scored on and never sees."""
    indices: dict[str, NDArray[np.int64]]
    """Frame numbers of ``train``, ``validation`` and ``test``."""


def assign(store: Store, frozen: FrozenHead, cell: Cell, allocation: Allocation) -> Assignment:
    """Read a cell's data and build its task.

    Raises
    ------
    DataError
        Frames are missing or damaged, or they or the split are not those the cell was made for.
    BrokenEnvironment
        The trainer cannot be imported here, or is not that the cell was made for.
    """
    dataset = read_dataset(store.layout.dataset(cell.molecule))
    settings = SplitSettings.model_validate(frozen.grid["split"])
    split = make_split(len(dataset.frames), dataset.fixed, settings, cell.molecule, cell.seed)
    _check("frames", dataset.digest, cell.dataset, cell, DataError)
    _check("split", split.digest(cell.size), cell.split, cell, DataError)
    entry = registry.entry(cell.model)
    _check("trainer's version", entry.version, cell.trainer_version, cell, BrokenEnvironment)
    train = split.train(cell.size)
    indices = {"train": train, "validation": split.validation, "test": split.test}
    task = Task(
        species=dataset.frames.species,
        train=_samples(dataset.frames.take(train)),
        validation=_samples(dataset.frames.take(split.validation)),
        settings=entry.settings.model_validate_json(json.dumps(dict(cell.settings))),
        seed=cell.stream("training"),
        allocation=allocation,
        blocks=CellBlocks(store.cell(cell)),
    )
    test = dataset.frames.take(split.test)
    trainer = registry.load(cell.model)
    return Assignment(cell=cell, trainer=trainer, task=task, test=test, indices=indices)


def _samples(frames: Frames) -> Samples:
    return Samples(positions=frames.positions, energies=frames.energies, forces=frames.forces)


def _check(
    what: str, found: str | int, stated: str | int, cell: Cell, kind: type[HpcmlffError]
) -> None:
    if found != stated:
        raise kind(
            f"the {what} differs from what the cell was made for",
            where=cell.label,
            hint="Submit the grid again: it gets new cells",
        )

"""A cell as a plain function: the same frames, split, training and errors; nothing is kept.

What somebody would submit to submitit without hpcmlff's store, ledger and checkpoints.
"""

from __future__ import annotations

from pathlib import Path


def train_and_score(dataset: str, molecule: str, size: int, seed: int) -> dict[str, float]:
    """Train the mean on some frames and return its errors on the test frames.

    Parameters
    ----------
    dataset
        Path of the HDF5 file of frames.
    molecule
        The molecule's name, which is part of the split.
    size
        Number of training frames.
    seed
        Chooses the split.
    """
    from hpcmlff.data.dataset import read_dataset
    from hpcmlff.data.splits import make_split
    from hpcmlff.metrics import score
    from hpcmlff.models.mean import MeanSettings, MeanTrainer
    from hpcmlff.models.protocol import Allocation, Samples, Task
    from hpcmlff.spec.grid import SplitSettings
    from hpcmlff.testing.blocks import FolderBlocks

    read = read_dataset(Path(dataset), verify=False)
    split = make_split(len(read.frames), read.fixed, SplitSettings(), molecule, seed)
    train, validation = (
        Samples(positions=one.positions, energies=one.energies, forces=one.forces)
        for one in (read.frames.take(split.train(size)), read.frames.take(split.validation))
    )
    task = Task(
        species=read.frames.species,
        train=train,
        validation=validation,
        settings=MeanSettings(),
        seed=seed,
        allocation=Allocation(),
        blocks=FolderBlocks(Path(dataset).parent),
    )
    trainer = MeanTrainer()
    state = trainer.advance(task, trainer.start(task), lambda: False)
    test = read.frames.take(split.test)
    found = trainer.predict(task, trainer.model(task, state), test.positions)
    return score(*found, test.energies, test.forces)

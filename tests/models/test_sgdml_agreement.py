from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hpcmlff.data.generate.run import generate_frames
from hpcmlff.data.readers.source import read_frames
from hpcmlff.models.protocol import Allocation, Samples, Task
from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.models.sgdml.package import stock
from hpcmlff.spec.grid import Generate, Units
from hpcmlff.testing.blocks import FolderBlocks

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.frames import Frames

N_TRAIN = {"glycine": 200, "azobenzene": 60}
N_OTHERS = 20

LAM = 1e-7
"""With less regularisation stock's own rounding is seen: both sides differ by 1e-9 to 1e-8 of
the largest force at 1e-10, and by up to 1e-6 where energies are constrained, and all differences
are in proportion to 1/lam."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Frames]:
    """All frames at once: a fixture with parameters would make them anew at every change."""
    return {name: _made(name, tmp_path_factory.mktemp(name)) for name in N_TRAIN}


def _made(molecule: str, folder: Path) -> Frames:
    count = N_TRAIN[molecule] + 2 * N_OTHERS
    generate_frames(Generate(molecule=molecule, frames=count, seed=1), folder / "frames.xyz")
    units = Units(energy="kcal/mol", length="Angstrom")
    found = read_frames(folder / "frames.xyz", units=units).frames
    return found.take(np.random.default_rng(1).permutation(count))


def samples(frames: Frames, start: int, stop: int) -> Samples:
    part = frames.take(np.arange(start, stop))
    return Samples(positions=part.positions, energies=part.energies, forces=part.forces)


def stock_model(task: Task) -> dict[str, Any]:
    def dataset(given: Samples) -> dict[str, Any]:
        words = {"name": np.array("test"), "theory": np.array("any"), "z": task.species}
        return words | {"R": given.positions, "E": given.energies, "F": given.forces}

    train = stock("train").GDMLTrain(max_memory=100, max_processes=1)
    n_train, n_validation = len(task.train.energies), len(task.validation.energies)
    given = train.create_task(
        dataset(task.train),
        n_train,
        dataset(task.validation),
        n_validation,
        20,
        lam=task.settings.lam,
        use_sym=task.settings.symmetries,
        use_E_cstr=task.settings.energy_constraint,
    )
    found: dict[str, Any] = train.train(given)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("energy_constraint", [False, True])
@pytest.mark.parametrize(
    ("molecule", "symmetries"), [("azobenzene", True), ("azobenzene", False), ("glycine", True)]
)
def test_predictions_equal_those_of_stock_sgdml(
    made: dict[str, Frames],
    tmp_path: Path,
    molecule: str,
    symmetries: bool,
    energy_constraint: bool,
) -> None:
    frames = made[molecule]
    n_train = len(frames) - 2 * N_OTHERS
    task = Task(
        species=frames.species,
        train=samples(frames, 0, n_train),
        validation=samples(frames, n_train, n_train + N_OTHERS),
        settings=SgdmlSettings(
            lam=LAM, sigma=20, symmetries=symmetries, energy_constraint=energy_constraint
        ),
        seed=1,
        allocation=Allocation(threads=2),
        blocks=FolderBlocks(tmp_path),
    )
    trainer = SgdmlTrainer()
    model = trainer.model(task, trainer.advance(task, trainer.start(task), lambda: False))
    unseen = samples(frames, n_train + N_OTHERS, len(frames)).positions
    energies, forces = trainer.predict(task, model, unseen)
    reference = stock_model(task)
    predictor = stock("predict").GDMLPredict(reference, max_processes=1)
    expected = predictor.predict(unseen.reshape(N_OTHERS, -1))
    spread = np.ptp(expected[0])
    accuracy = 1e-8 * np.abs(expected[1]).max()
    np.testing.assert_allclose(forces.reshape(N_OTHERS, -1), expected[1], rtol=0, atol=accuracy)
    np.testing.assert_allclose(energies, expected[0], rtol=0, atol=1e-8 * spread)
    np.testing.assert_array_equal(model["permutations"], reference["perms"])

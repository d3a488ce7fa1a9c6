from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpcmlff.errors import TrainingError
from hpcmlff.models.protocol import Allocation, Samples, Task
from hpcmlff.models.sgdml import SgdmlSettings
from hpcmlff.models.sgdml.consistency import check_energies
from hpcmlff.models.sgdml.engine import SgdmlTrainer
from hpcmlff.testing.blocks import FolderBlocks
from hpcmlff.testing.molecules import SPECIES, samples
from hpcmlff.units import ENERGY_KCAL_MOL, EV_KCAL_MOL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HINT = "Check the units of energies and forces in the molecule's file, and 'units' in the grid"


def train(
    folder: Path, change: Callable[[Samples], Samples] = lambda same: same, n: int = 60
) -> None:
    task = Task(
        species=SPECIES,
        train=change(samples(n, seed=1)),
        validation=change(samples(40, seed=2)),
        settings=SgdmlSettings(sigma=10),
        seed=0,
        allocation=Allocation(),
        blocks=FolderBlocks(folder),
    )
    trainer = SgdmlTrainer()
    trainer.advance(task, trainer.start(task), lambda: False)


def gradients(frames: Samples) -> Samples:
    return replace(frames, forces=-frames.forces)


def shuffled(frames: Samples) -> Samples:
    return replace(frames, energies=np.random.default_rng(0).permutation(frames.energies))


def in_ev(frames: Samples) -> Samples:
    return replace(frames, energies=frames.energies / EV_KCAL_MOL)


@pytest.mark.parametrize("n", [1, 2, 5, 10, 20, 60])
def test_consistent_data_pass_however_few_they_are(tmp_path: Path, n: int) -> None:
    train(tmp_path, n=n)


def test_gradients_in_place_of_forces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(tmp_path, gradients)
    assert str(caught.value) == (
        "energies rise where integrated forces let them fall (correlation -1.00). "
        "The forces look like gradients: check their sign in the molecule's file"
    )


def test_energies_of_other_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="^energies do not belong to the forces: unseen forces"):
        train(tmp_path, shuffled)


def test_energies_in_another_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="times what the forces integrate to") as caught:
        train(tmp_path, in_ev)
    assert caught.value.hint == f"That is about one kcal/mol in eV. {HINT}"


def energies(correlation: float, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return 100 given and predicted energies of exactly this correlation and scale."""
    one, other = np.random.default_rng(0).normal(size=(2, 100))
    one, other = one - one.mean(), other - other.mean()
    other -= one * (one @ other) / (one @ one)
    one, other = one / one.std(), other / other.std()
    return factor * (correlation * one + np.sqrt(1 - correlation**2) * other), one


@pytest.mark.parametrize(
    ("correlation", "factor", "force_r2"),
    [
        (0.999, 1.1, 0.999),
        (0.95, 0.93, 0.97),
        (0.85, 0.85, 0.98),
        (0.55, 0.61, 0.958),
        (0.1, 30.0, 0.8),
        (-1.0, 1.0, 0.5),
    ],
)
def test_poor_fits_of_honest_data_pass(correlation: float, factor: float, force_r2: float) -> None:
    check_energies(*energies(correlation, factor), force_r2)


def test_too_few_frames_are_not_judged() -> None:
    given, predicted = energies(-0.9)
    check_energies(given[:19], predicted[:19], 1.0)


def test_energies_without_spread_are_not_judged() -> None:
    check_energies(np.zeros(50), np.linspace(0, 1, 50), 1.0)


def test_good_forces_with_unrelated_energies_are_refused() -> None:
    with pytest.raises(TrainingError) as caught:
        check_energies(*energies(0.8), 0.997)
    assert str(caught.value) == (
        "energies do not belong to the forces: unseen forces are predicted well (R² 0.997), "
        "but their integral hardly follows the energies (correlation 0.80). Check that each "
        "frame of the molecule's file has its own energy, and that energies and forces come "
        "from the same method"
    )


@pytest.mark.parametrize(
    ("factor", "hint"),
    [
        (4.184, "That is about one kcal/mol in kJ/mol. "),
        (23.06, "That is about one eV in kcal/mol. "),
        (627.5, "That is about one Hartree in kcal/mol. "),
        (1.89, "That is about 1/bohr in 1/Å. "),
        (ENERGY_KCAL_MOL["Hartree"] / 0.529177, "That is about one Hartree/bohr in kcal/mol/Å. "),
        (1 / EV_KCAL_MOL, "That is about one kcal/mol in eV. "),
        (1.5, ""),
        (1.2, ""),
    ],
)
def test_a_wrong_scale_is_named(factor: float, hint: str) -> None:
    with pytest.raises(TrainingError) as caught:
        check_energies(*energies(0.999, factor), 0.99)
    assert caught.value.what == f"energies are {factor:.4g} times what the forces integrate to"
    assert caught.value.hint == hint + HINT

"""Force fields given by formulas, in place of a trained model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcmlff.data.frames import Frames
from hpcmlff.models.protocol import Predict
from hpcmlff.simulation.force_field import ForceField
from hpcmlff.spec.cells import Cell
from hpcmlff.testing.molecules import SPECIES, samples, springs

CELL = Cell(
    model="springs",
    molecule="springs",
    size=1,
    seed=0,
    settings={},
    trainer_version=1,
    dataset="0" * 64,
    split="0" * 64,
)


def analytic(predict: Predict = springs) -> ForceField:
    """Return a force field of the synthetic molecule."""
    made = samples(20, seed=4)
    frames = Frames(
        species=SPECIES, positions=made.positions, energies=made.energies, forces=made.forces
    )
    return ForceField(
        cell=CELL, model_sha256="1" * 64, species=SPECIES, frames=frames, predict=predict
    )


def bursting(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pull every atom away from the origin by 50 kcal/mol/Å."""
    distance = np.linalg.norm(positions, axis=2)
    return -50.0 * distance.sum(axis=1), 50.0 * positions / distance[..., None]


def exploding(positions: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return no numbers from some distance on."""
    energies, forces = bursting(positions)
    far = np.linalg.norm(positions, axis=2).max(axis=1) > 3.2
    return np.where(far, np.nan, energies), np.where(far[:, None, None], np.nan, forces)

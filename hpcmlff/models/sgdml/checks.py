"""What is refused before any work is done."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import TooLittleMemory, UnusableFrames
from hpcmlff.models.sgdml.cost import least_mem_gb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Samples, Task


def check_memory(task: Task) -> None:
    """Refuse a job whose memory does not hold a row of tiles.

    Raises
    ------
    TooLittleMemory
        Says how much is needed and how much the job has.
    """
    n_train, n_atoms, _ = task.train.positions.shape
    needed, given = least_mem_gb(task.settings, n_atoms, n_train), task.allocation.mem_gb
    if needed > given:
        raise TooLittleMemory(
            f"sGDML with {n_train} training frames of {n_atoms} atoms needs {needed:.2f} GiB, "
            f"the job has {given:.2f} GiB",
            hint=f"Set mem_gb to {ceil(10 * needed) / 10:.1f} or more in the grid's 'resources'",
        )


def check_frames(task: Task) -> None:
    """Refuse frames that have no kernel.

    Raises
    ------
    UnusableFrames
        There is no frame or a single atom, a number is not finite, two atoms are in the
        same place, or all training forces are equal.
    """
    if len(task.species) < 2:
        raise UnusableFrames("sGDML needs at least two atoms")
    _check(task.train, "training")
    _check(task.validation, "validation")
    if np.ptp(task.train.forces) == 0:
        raise UnusableFrames(
            "all training forces are equal", hint="Check the forces of the molecule's file"
        )


def _check(samples: Samples, which: str) -> None:
    if not len(samples.energies):
        raise UnusableFrames(f"sGDML needs at least one {which} frame")
    for what in ("positions", "energies", "forces"):
        bad = ~np.isfinite(getattr(samples, what).reshape(len(samples.energies), -1)).all(axis=1)
        if bad.any():
            raise UnusableFrames(f"{what} of {which} frame {bad.argmax()} are not finite")
    for number, frame in enumerate(samples.positions):
        if _joined(frame):
            raise UnusableFrames(f"two atoms of {which} frame {number} are in the same place")


def _joined(frame: NDArray[np.float64]) -> bool:
    return len(np.unique(frame, axis=0)) < len(frame)

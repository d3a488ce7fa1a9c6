"""What a SchNet training needs, from figures measured on one core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpcmlff.models.protocol import Estimate
from hpcmlff.models.schnet.settings import SchNetSettings

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Size

_IMPORT_S = 8.0
_STEP_S = 6e-3
"""Per step, whatever its size."""
_PAIR_S = 4e-8
"""Per step, directed pair, interaction and feature, for 64 features."""
_TENSORS = 24
"""Arrays of pairs times features that one interaction keeps for the gradient."""
_ATOMS_PER_ANG3 = 0.1
"""Of a dense organic molecule, hydrogens included."""


def _directed_pairs(n_atoms: int, cutoff_ang: float) -> float:
    near = _ATOMS_PER_ANG3 * 4.0 / 3.0 * math.pi * cutoff_ang**3
    return n_atoms * min(n_atoms - 1.0, near)


def estimate(settings: SchNetSettings, size: Size) -> Estimate:
    """Estimate memory, disk and time.

    Parameters
    ----------
    settings
        Of the network and the training.
    size
        Atoms and frames.
    """
    width = settings.features * settings.interactions
    frame = _directed_pairs(size.n_atoms, settings.cutoff) * width
    batch = min(settings.batch_size, size.n_train) * frame
    # Matrix products grow with the square of the features, all else with the first power.
    slope = _PAIR_S * (0.5 + 0.5 * settings.features / 64)
    steps = settings.budget(size.n_train)
    validations = steps // settings.validate_every + 1
    cpu_s = steps * (_STEP_S + slope * batch)
    cpu_s += validations * size.n_validation * slope * frame * 0.5
    working_gb = _TENSORS * 4 * max(batch, 10_000 * width) / 2**30
    weights = 100 * settings.features + 7 * settings.features * width + 2 * settings.features**2
    return Estimate(
        mem_gb=0.6 + working_gb,
        disk_gb=3 * 6 * 4 * weights / 2**30,
        cpu_s=_IMPORT_S + cpu_s,
    )

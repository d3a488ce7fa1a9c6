"""What a network's training needs, from figures measured on one core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpcmlff.models.protocol import Estimate
from hpcmlff.models.schnet.settings import NetworkSettings

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Size

STEP, EXPECTED = "step_s", "expected_step_s"
"""Rates: seconds per step as measured, and as these figures expect them for the very
training that was measured; their ratio says how fast a machine is."""

_IMPORT_S = 8.0
_STEP_S = 6e-3
"""Per step, whatever its size."""
_PAIR_S = 4e-8
"""Per step, directed pair, interaction and feature, for 64 features."""
_DIRECTED = 2.5
"""The same for representations with directions, over that of SchNet."""
_TENSORS = 24
"""Arrays of pairs times features that one interaction keeps for the gradient."""
_ATOMS_PER_ANG3 = 0.1
"""Of a dense organic molecule, hydrogens included."""


def _directed_pairs(n_atoms: int, cutoff_ang: float) -> float:
    near = _ATOMS_PER_ANG3 * 4.0 / 3.0 * math.pi * cutoff_ang**3
    return n_atoms * min(n_atoms - 1.0, near)


def step_s(settings: NetworkSettings, size: Size) -> float:
    """Return the time of a step by the built-in figures, its share of validations included.

    Parameters
    ----------
    settings
        Of the network and the training.
    size
        Atoms and frames.
    """
    frame, batch = _work(settings, size)
    # Matrix products grow with the square of the features, all else with the first power.
    slope = _PAIR_S * (0.5 + 0.5 * settings.features / 64)
    slope *= 1.0 if settings.representation_class == "SchNet" else _DIRECTED
    steps = settings.budget(size.n_train)
    validations = steps // settings.validate_every + 1
    return _STEP_S + slope * (batch + 0.5 * frame * size.n_validation * validations / steps)


def estimate(settings: NetworkSettings, size: Size) -> Estimate:
    """Estimate memory, disk and time.

    Parameters
    ----------
    settings
        Of the network and the training.
    size
        Atoms and frames, and the rates of the machines.
    """
    _, batch = _work(settings, size)
    width = settings.features * settings.interactions
    slowness = size.rates[STEP] / size.rates[EXPECTED] if _is_measured(size) else 1.0
    wall_s = _IMPORT_S + _training_s(settings, size, slowness)
    working_gb = _TENSORS * 4 * max(batch, 10_000 * width) / 2**30
    weights = 100 * settings.features + 7 * settings.features * width + 2 * settings.features**2
    mem_gb = 0.6 + working_gb
    checkpoint_gb = 6 * 4 * weights / 2**30
    return Estimate(
        mem_gb=mem_gb,
        least_mem_gb=mem_gb,
        disk_gb=3 * checkpoint_gb,
        freed_gb=2 * checkpoint_gb,
        # What further threads gain is in the rates, and not known without them.
        cpu_s=size.threads * wall_s,
    )


def _training_s(settings: NetworkSettings, size: Size, slowness: float) -> float:
    if settings.hours is not None:
        return 3600 * settings.hours
    return slowness * settings.budget(size.n_train) * step_s(settings, size)


def _work(settings: NetworkSettings, size: Size) -> tuple[float, float]:
    """Return directed pairs times width of a frame and of a batch."""
    width = settings.features * settings.interactions
    frame = _directed_pairs(size.n_atoms, settings.cutoff) * width
    return frame, min(settings.batch_size, size.n_train) * frame


def _is_measured(size: Size) -> bool:
    return size.rates.keys() >= {STEP, EXPECTED}

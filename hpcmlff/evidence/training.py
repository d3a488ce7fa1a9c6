"""How a training went, from its validations and its model's own numbers; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import GridError
from hpcmlff.models import registry
from hpcmlff.models.schnet.settings import NetworkSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hpcmlff.spec.cells import Cell

END_SHARE = 0.1
"""Part of the steps that counts as the end of a training."""


def of_curve(steps: NDArray[np.int64], losses: NDArray[np.float64]) -> dict[str, float]:
    """Return what the validations say.

    Parameters
    ----------
    steps, losses
        ``(n,)``, at least one: steps done, and the loss in the trainer's own unit.

    Returns
    -------
    dict
        Columns of `hpcmlff.evidence.columns.ROW`.
    """
    best = int(np.argmin(losses))
    before = losses[steps <= (1 - END_SHARE) * steps[-1]]
    return {
        "n_validations": len(steps),
        "steps": int(steps[-1]),
        "best_step": int(steps[best]),
        "loss_last": float(losses[-1]),
        "loss_best": float(losses[best]),
        "loss_before_end": float(before.min()) if len(before) else float("nan"),
    }


def full_steps(cell: Cell, n_train: int) -> int:
    """Return the steps that SchNet and its like take by themselves; -1 for other models."""
    try:
        settings = registry.entry(cell.model).settings
    except GridError:
        # Trained by a plug-in that is not installed here.
        return -1
    if not issubclass(settings, NetworkSettings):
        return -1
    own = {**cell.settings, "steps": "auto", "hours": None}
    return settings.model_validate(own).budget(n_train)


def of_sgdml(
    model: Mapping[str, NDArray[Any]],
    energies: NDArray[np.float64],
    forces: NDArray[np.float64],
) -> dict[str, float]:
    """Return what an sGDML model says of its scale, its solution and its length scale.

    Parameters
    ----------
    model
        The model's arrays.
    energies, forces
        ``(n_train,)`` and ``(n_train, n_atoms, 3)``, those it was trained on, kcal/mol
        and kcal/mol/Å.

    Returns
    -------
    dict
        Columns of `hpcmlff.evidence.columns.ROW`. ``scale_expected`` is the labels'
        standard deviation, by which the package divides forces and energies alike
        (sgdml 1.0.3, ``train.py``).
    """
    labels = [forces.ravel()]
    if "energy_coefficients" in model:
        labels.append(energies.mean() - energies)
    found = {
        "scale": float(model["scale"][0]),
        "scale_expected": float(np.concatenate(labels).std()),
        "residual": float(model["residual"][0]),
        "sigma": int(model["sigma"][0]),
    }
    if "tolerance" in model:
        found["tolerance"] = float(model["tolerance"][0])
    tried, errors = model.get("candidates"), model.get("candidate_errors_kcal_mol_ang")
    if tried is not None and errors is not None and len(tried) > 1:
        found |= {"sigma_low": int(tried.min()), "sigma_high": int(tried.max())}
        found["sigma_best"] = int(tried[np.argmin(errors)])
    return found

"""One training: a length scale, the linear system, and the constant of the energies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from hpcmlff.models.sgdml.consistency import check_energies
from hpcmlff.models.sgdml.kernel import Descriptors, assemble, describe
from hpcmlff.models.sgdml.model import SOLVERS, kernel_model, predict
from hpcmlff.models.sgdml.solve import solve_in_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Task

UNUSABLE = float("inf")
"""Validation error of a length scale whose linear system cannot be solved."""


def fit(task: Task, perms: NDArray[np.int64], sigma: int) -> tuple[float, Arrays]:
    """Train with one length scale and validate.

    Parameters
    ----------
    task
        The task.
    perms
        ``(n_perms, n_atoms)``, symmetries.
    sigma
        Length scale, 1/Å.

    Returns
    -------
    error
        Validation force RMSE, kcal/mol/Å; `UNUSABLE` where the kernel matrix is not
        positive definite in double precision.
    model
        The model; empty where unusable.

    Raises
    ------
    TrainingError
        Energies and forces of the data contradict each other.
    """
    frames = describe(task.train.positions, perms)
    labels, scale = _labels(task)
    try:
        coefficients = _coefficients(task, frames, sigma, labels)
    except np.linalg.LinAlgError:
        return UNUSABLE, {}
    model = _model(task, frames, coefficients)
    model |= {"permutations": perms, "sigma": np.array([sigma]), "scale": np.array([scale])}
    return _validate(task, model)


def _labels(task: Task) -> tuple[NDArray[np.float64], float]:
    """Return what the system is solved for, of unit spread, and the spread taken out."""
    labels = task.train.forces.ravel()
    if task.settings.energy_constraint:
        energies = task.train.energies
        labels = np.concatenate((labels, energies.mean() - energies))
    scale = float(labels.std())
    return labels / scale, scale


def _coefficients(
    task: Task, frames: Descriptors, sigma: int, labels: NDArray[np.float64]
) -> NDArray[np.float64]:
    with threadpool_limits(task.allocation.threads):
        matrix = assemble(frames, sigma, energies=task.settings.energy_constraint)
        matrix.flat[:: len(matrix) + 1] += task.settings.lam
        return -solve_in_place(matrix, labels)


def _model(
    task: Task, frames: Descriptors, coefficients: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Return the arrays that prediction and export need, the constant still zero."""
    n_forces = task.train.forces.size
    on_forces = coefficients[:n_forces]
    by_frame = on_forces.reshape(len(frames.values), -1)
    model = {
        "descriptors": frames.values,
        "pair_coefficients": frames.tool.d_desc_dot_vec(frames.jacobians, by_frame),
        "force_coefficients": on_forces,
        "constant_kcal_mol": np.zeros(1),
        "lam": np.array([task.settings.lam]),
        "solver": np.array([SOLVERS.index("analytic")]),
    }
    if task.settings.energy_constraint:
        model["energy_coefficients"] = coefficients[n_forces:]
    return model


def _validate(task: Task, model: dict[str, NDArray[Any]]) -> tuple[float, Arrays]:
    """Predict all frames, find the energies' constant, and judge by the validation set."""
    train, validation = task.train, task.validation
    n_train, mean = len(train.energies), train.energies.mean()
    positions = np.concatenate((train.positions, validation.positions))
    energies, forces = predict(
        kernel_model(task.species, model), positions, task.allocation.threads
    )
    offsets = np.concatenate((train.energies, validation.energies)) - mean
    with_energies = task.settings.energy_constraint
    # As stock sgdml: with energies in the kernel the constant is their mean and no more.
    constant = 0.0 if with_energies else (offsets - energies)[:n_train].mean()
    mse = float(np.mean((forces[n_train:] - validation.forces) ** 2))
    mean_square = float(np.mean(validation.forces**2))
    # Energies that were fitted bear no witness.
    judged = slice(n_train if with_energies else 0, None)
    check_energies(offsets[judged], energies[judged], 1 - mse / mean_square if mean_square else 0)
    return float(np.sqrt(mse)), model | {"constant_kcal_mol": np.array([mean + constant])}

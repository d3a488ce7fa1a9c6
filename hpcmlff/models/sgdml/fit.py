"""From training frames to a linear system, and from its solution to a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.models.sgdml.consistency import check_energies
from hpcmlff.models.sgdml.factor import System
from hpcmlff.models.sgdml.internal import InternalKernel, internal_basis
from hpcmlff.models.sgdml.kernel import Kernel, make_kernel
from hpcmlff.models.sgdml.model import SOLVERS, kernel_model, predictor
from hpcmlff.models.sgdml.symmetries import describe
from hpcmlff.models.sgdml.tiling import make_tiling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Arrays, Samples, Task
    from hpcmlff.models.sgdml.tiles import Tiles

RESIDUAL = 1e-8
"""A solution is refined until what it leaves of the labels is at most this part of them,
or until rounding keeps it from getting better."""
_REFINEMENTS = 3
_WORTH = 0.5
"""A refinement that leaves more than this part of the residual was the last one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solution:
    """Solution of a linear system."""

    unknowns: NDArray[np.float64]
    """``(n,)``, in the kernel's order."""
    residual: float
    """Norm of what it leaves of the labels, over the labels' norm; of a factorisation's
    without forces on the molecule as a whole, which no coefficients can fit."""
    iterations: int | None = None
    """Iterations it took; None for a factorisation's."""


def system_of(
    task: Task, train: Samples, perms: NDArray[np.int64], sigma: int, tiles: Tiles
) -> System:
    """Set up the linear system of some training frames.

    Parameters
    ----------
    task
        The task.
    train
        Its training frames, or some of them.
    perms
        ``(n_perms, n_atoms)``, symmetries.
    sigma
        Length scale, 1/Å.
    tiles
        Where tiles of the factor are kept.
    """
    n_frames, n_atoms, _ = train.positions.shape
    kernel, basis = kernel_of(task, train, perms, sigma), internal_basis(train.positions)
    return System(
        matrix=InternalKernel(kernel=kernel, basis=basis),
        lam=task.settings.lam,
        tiling=make_tiling(n_frames, n_atoms, energies=kernel.energies, width=basis.shape[2]),
        tiles=tiles,
    )


def kernel_of(task: Task, train: Samples, perms: NDArray[np.int64], sigma: int) -> Kernel:
    """Describe some training frames; as `system_of`."""
    energies, threads = task.settings.energy_constraint, task.allocation.threads
    return make_kernel(train.positions, perms, sigma, energies=energies, threads=threads)


def labels(kernel: Kernel, train: Samples) -> tuple[NDArray[np.float64], float]:
    """Return ``(n,)``, what the system is solved for, of unit spread, and the spread."""
    forces, energies = train.forces, train.energies.mean() - train.energies
    found = kernel.unknowns(forces, energies)
    scale = float(found.std())
    return found / scale, scale


def solve(system: System, right: NDArray[np.float64]) -> Solution:
    """Solve with a finished factor, and refine.

    Parameters
    ----------
    system
        The system, factorised.
    right
        ``(n,)``, labels, in the kernel's order.

    Raises
    ------
    numpy.linalg.LinAlgError
        The matrix is so nearly singular that the solution overflows.
    """
    right = system.matrix.inside(right)
    found, left = _refined(system, right, system.solve(right))
    for _ in range(_REFINEMENTS):
        if found.residual <= RESIDUAL:
            break
        better, left = _refined(system, right, found.unknowns + system.solve(left))
        worth = better.residual < _WORTH * found.residual
        found = better if better.residual < found.residual else found
        if not worth:
            break
    if not np.isfinite(found.residual):
        raise np.linalg.LinAlgError("the solution is not finite")
    return replace(found, unknowns=system.matrix.outside(found.unknowns))


def _refined(
    system: System, right: NDArray[np.float64], x: NDArray[np.float64]
) -> tuple[Solution, NDArray[np.float64]]:
    left = system.residual(x, right)
    size = float(np.linalg.norm(left) / np.linalg.norm(right))
    return Solution(unknowns=x, residual=size), left


def model_of(
    task: Task, train: Samples, perms: NDArray[np.int64], kernel: Kernel, solution: Solution
) -> dict[str, NDArray[Any]]:
    """Return the arrays that prediction and export need, the energies' constant still zero.

    Parameters
    ----------
    task, train, perms
        As for `system_of`.
    kernel, solution
        The kernel matrix and its system's solution.
    """
    frames = describe(train.positions)
    # sgdml's kernel is the negative of a positive definite one.
    coefficients = -solution.unknowns
    on_forces = kernel.by_frame(coefficients)
    model = {
        "descriptors": frames.values,
        "pair_coefficients": frames.tool.d_desc_dot_vec(frames.jacobians, on_forces),
        "force_coefficients": on_forces.ravel(),
        "constant_kcal_mol": np.zeros(1),
        "lam": np.array([task.settings.lam]),
        "solver": np.array([SOLVERS.index(task.settings.solver)]),
        "residual": np.array([solution.residual]),
        "permutations": perms,
        "sigma": np.array([int(kernel.sigma)]),
        "scale": np.array([labels(kernel, train)[1]]),
    }
    if solution.iterations is not None:
        model["iterations"] = np.array([solution.iterations])
        model["tolerance"] = np.array([task.settings.tolerance])
    if task.settings.energy_constraint:
        model["energy_coefficients"] = coefficients[on_forces.size :]
    return model


def concluded(
    task: Task, train: Samples, perms: NDArray[np.int64], kernel: Kernel, solution: Solution
) -> tuple[float, Arrays]:
    """Return the validation error and the whole model; see `model_of` and `validate`.

    Raises
    ------
    TrainingError
        Energies and forces of the data contradict each other.
    """
    return validate(task, train, model_of(task, train, perms, kernel, solution))


def validate(task: Task, train: Samples, model: Arrays) -> tuple[float, Arrays]:
    """Find the energies' constant, and judge by the validation set.

    Parameters
    ----------
    task, train
        The task, and the frames the model was trained on.
    model
        What `model_of` returned.

    Returns
    -------
    error
        Validation force RMSE, kcal/mol/Å.
    model
        The model with its constant.

    Raises
    ------
    TrainingError
        Energies and forces of the data contradict each other.
    """
    validation, n_train = task.validation, len(train.energies)
    mean = train.energies.mean()
    positions = np.concatenate((train.positions, validation.positions))
    predict = predictor(kernel_model(task.species, model), task.allocation.threads)
    energies, forces = predict(positions)
    offsets = np.concatenate((train.energies, validation.energies)) - mean
    with_energies = task.settings.energy_constraint
    # As stock sgdml: with energies in the kernel the constant is their mean and no more.
    constant = 0.0 if with_energies else (offsets - energies)[:n_train].mean()
    mse = float(np.mean((forces[n_train:] - validation.forces) ** 2))
    mean_square = float(np.mean(validation.forces**2))
    # Energies that were fitted bear no witness.
    judged = slice(n_train if with_energies else 0, None)
    check_energies(offsets[judged], energies[judged], 1 - mse / mean_square if mean_square else 0)
    return float(np.sqrt(mse)), {**model, "constant_kcal_mol": np.array([mean + constant])}

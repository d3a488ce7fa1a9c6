"""Errors of predictions, each with its definition.

Energies are compared per molecule; forces per Cartesian component over all atoms
and frames. Shapes must be equal: subtracting ``(n,)`` from ``(n, 1)`` would
broadcast to ``(n, n)`` and give √2 times the spread of the energies whatever the
model predicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import Diverged, TrainingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRICS = (
    "energy_mae_kcal_mol",
    "energy_rmse_kcal_mol",
    "force_mae_kcal_mol_ang",
    "force_rmse_kcal_mol_ang",
)
"""Names of the reported errors."""


def score(
    energies: NDArray[np.float64],
    forces: NDArray[np.float64],
    reference_energies: NDArray[np.float64],
    reference_forces: NDArray[np.float64],
) -> dict[str, float]:
    """Compare predictions with reference values.

    Parameters
    ----------
    energies, reference_energies
        ``(n_frames,)``, kcal/mol, of the whole molecule.
    forces, reference_forces
        ``(n_frames, n_atoms, 3)``, kcal/mol/Å.

    Returns
    -------
    dict
        The four errors named in `METRICS`.

    Raises
    ------
    TrainingError
        A shape differs.
    Diverged
        A prediction is not finite.
    """
    de = _difference(energies, reference_energies, "energies", 1)
    df = _difference(forces, reference_forces, "forces", 3)
    values = (_mae(de), _rmse(de), _mae(df), _rmse(df))
    return dict(zip(METRICS, values, strict=True))


def _difference(
    predicted: NDArray[np.float64], reference: NDArray[np.float64], what: str, ndim: int
) -> NDArray[np.float64]:
    if predicted.shape != reference.shape or predicted.ndim != ndim:
        raise TrainingError(
            f"predicted {what} have the shape {predicted.shape}, the reference {reference.shape}"
        )
    if not np.isfinite(predicted).all():
        raise Diverged(f"predicted {what} are not finite")
    return predicted.astype(np.float64) - reference


def _mae(difference: NDArray[np.float64]) -> float:
    return float(np.mean(np.abs(difference)))


def _rmse(difference: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(difference**2)))

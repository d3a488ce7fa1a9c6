"""What a model predicts along a path, beside the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import StoreError, TrainingError
from hpcmlff.files import json_bytes, read_json, write_durably
from hpcmlff.spec.canonical import digest
from hpcmlff.store.layout import SUMMARY, SUMMARY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.simulation.reference_path import ReferencePath

SCAN_FORMAT = 1
"""Raised when equal input gives another result."""


def scan_id(force_field: ForceField, path: ReferencePath, facts: Mapping[str, Any]) -> str:
    """Return the digest of all that decides a scan's result, 64 hex digits.

    Parameters
    ----------
    force_field
        The model.
    path
        Geometries and reference.
    facts
        Plain values kept with the result.
    """
    return digest(
        {
            "format": SCAN_FORMAT,
            "cell": force_field.cell.id,
            "model": force_field.model_sha256,
            "path": path.digest,
            "facts": dict(facts),
        }
    )


def run_scan(
    force_field: ForceField, path: ReferencePath, facts: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Predict a path and keep what came of it; a scan that was made is only read.

    Parameters
    ----------
    force_field
        The model.
    path
        Geometries and reference.
    facts
        Plain values kept with the result: coordinate, reference, settings.
    folder
        Where the summary goes.

    Returns
    -------
    dict
        The summary.

    Raises
    ------
    StoreError
        The folder cannot be written.
    TrainingError
        A prediction is no number.
    """
    found = read_json(folder / SUMMARY)
    if isinstance(found, dict) and found.get("format") == SUMMARY_FORMAT:
        return found
    energies, forces = force_field.predict(path.positions_ang)
    if not (np.isfinite(energies).all() and np.isfinite(forces).all()):
        what = "the model predicts something that is no number on this path"
        raise TrainingError(what, where=force_field.cell.label)
    summary = {
        "format": SUMMARY_FORMAT,
        "cell_id": force_field.cell.id,
        "label": force_field.cell.label,
        "model_sha256": force_field.model_sha256,
        **facts,
        **compared(path, energies, forces),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_durably(folder / SUMMARY, [json_bytes(summary)])
    except OSError as error:
        words = error.strerror or str(error)
        raise StoreError(f"cannot be written: {words}", where=str(folder)) from None
    return summary


def compared(
    path: ReferencePath, energies: NDArray[np.float64], forces: NDArray[np.float64]
) -> dict[str, Any]:
    """Hold predictions along a path against the reference; pure.

    Profiles are energies less that of the point that is lowest in the reference; errors of
    the energies themselves, and of forces by component, are beside them.

    Parameters
    ----------
    path
        Geometries and reference.
    energies
        ``(n_points,)``, predicted, kcal/mol.
    forces
        ``(n_points, n_atoms, 3)``, predicted, kcal/mol/Å.
    """
    lowest = int(np.argmin(path.energies_kcal_mol))
    reference = path.energies_kcal_mol - path.energies_kcal_mol[lowest]
    predicted = energies - energies[lowest]
    return {
        "n_points": len(path),
        "n_unsettled": int((~path.settled).sum()),
        "first_deg": float(path.values_deg[0]),
        "last_deg": float(path.values_deg[-1]),
        "profile_rmse_kcal_mol": _rms(predicted - reference),
        "profile_largest_kcal_mol": float(np.abs(predicted - reference).max()),
        "energy_rmse_kcal_mol": _rms(energies - path.energies_kcal_mol),
        "force_rmse_kcal_mol_ang": _rms(forces - path.forces_kcal_mol_ang),
        "barrier_kcal_mol": float(predicted.max()),
        "reference_barrier_kcal_mol": float(reference.max()),
        "curves": {
            "values_deg": _plain(path.values_deg),
            "reference_kcal_mol": _plain(reference),
            "predicted_kcal_mol": _plain(predicted),
        },
    }


def _rms(errors: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _plain(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.8g}") for value in values]

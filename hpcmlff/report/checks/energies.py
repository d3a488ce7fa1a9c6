"""Whether energies follow from forces that are predicted well, and beat the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.errors import TrainingError
from hpcmlff.models.sgdml.consistency import check_agreement
from hpcmlff.report.checks.examined import Kind
from hpcmlff.report.findings import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

_CONTRADICT = Kind(
    severity="error",
    code="energies-contradict-forces",
    advice="Do not use the energies: check signs, units and that each frame has its own energy"
    " (python -m hpcmlff.data inspect)",
)
_WORTHLESS = Kind(
    severity="warning",
    code="worse-than-the-mean",
    advice="Train with more frames, or choose other hyperparameters",
)


def check(given: Examined) -> Iterator[Finding]:
    """Hold predicted energies against the reference, where forces are good enough to judge."""
    for one in given.records():
        if one["energy_correlation"] != one["energy_correlation"]:
            # Not known, or all predictions are equal: the mean, which others are held against.
            continue
        numbers = {name: one[name] for name in ("energy_correlation", "energy_ratio", "force_r2")}
        found = _contradiction(one)
        if found:
            yield _CONTRADICT.of([one], found, **numbers)
        yield from _worthless(one)


def _contradiction(one: dict[str, Any]) -> str:
    try:
        n_frames, force_r2 = int(one["n_compared"]), one["force_r2"]
        check_agreement(n_frames, force_r2, one["energy_correlation"], one["energy_ratio"])
    except TrainingError as error:
        return error.what
    return ""


def _worthless(one: dict[str, Any]) -> Iterator[Finding]:
    pairs = (
        ("energy", "found_energy_rmse_kcal_mol", "energy_spread_kcal_mol", "kcal/mol"),
        ("force", "found_force_rmse_kcal_mol_ang", "force_spread_kcal_mol_ang", "kcal/mol/Å"),
    )
    for what, error, spread, unit in pairs:
        if one[error] >= one[spread]:
            text = f"the {what} RMSE of {number(one[error])} {unit} is not below that of predicting"
            text += f" {'the mean' if what == 'energy' else 'none'}, {number(one[spread])}"
            yield _WORTHLESS.of([one], text, rmse=one[error], spread=one[spread])

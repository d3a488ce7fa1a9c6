"""The columns of what is gathered of a finished cell; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.metrics import METRICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = ("label", "attempt", "sequence")
"""Columns that name the checkpoint a row was gathered from; its file never changes."""

ROW = np.dtype(
    [
        ("label", "S256"),
        ("attempt", "<i8"),
        ("sequence", "<i8"),
        ("problem", "S512"),
        ("frames_digest", "S64"),
        ("split_digest", "S64"),
        ("test_digest", "S64"),
        *((name, "<i8") for name in ("n_leaked", "n_compared")),
        *((f"found_{name}", "<f8") for name in METRICS),
        ("energy_bias_kcal_mol", "<f8"),
        ("energy_scatter_kcal_mol", "<f8"),
        ("energy_spread_kcal_mol", "<f8"),
        ("energy_correlation", "<f8"),
        ("energy_ratio", "<f8"),
        ("force_spread_kcal_mol_ang", "<f8"),
        ("force_r2", "<f8"),
        ("force_correlation", "<f8"),
        ("force_ratio", "<f8"),
        *((name, "<i8") for name in ("n_validations", "steps", "best_step", "full_steps")),
        ("loss_last", "<f8"),
        ("loss_best", "<f8"),
        ("loss_before_end", "<f8"),
        ("scale", "<f8"),
        ("scale_expected", "<f8"),
        ("residual", "<f8"),
        ("tolerance", "<f8"),
        ("sigma", "<i8"),
        ("sigma_low", "<i8"),
        ("sigma_high", "<i8"),
        ("sigma_best", "<i8"),
        ("core_s", "<f8"),
        ("gpu_s", "<f8"),
        ("requested_core_s", "<f8"),
        ("lost_core_s", "<f8"),
    ]
)
"""Scalars of one finished cell.

``problem`` says why something could not be gathered. ``n_leaked`` test frames are also
training or validation frames. Errors ``found_...`` are recomputed from the predictions kept.
Of the test energies ``bias`` and ``scatter`` are mean and standard deviation of the error,
``spread`` the reference's standard deviation; a ``ratio`` is the reference's spread over the
prediction's. ``loss_before_end`` is the lowest loss before the last tenth of the steps, and
``full_steps`` what the model would take by itself. ``scale`` and what it should be, what the
linear system's solution leaves (``residual``), and length scales (the one taken, the ends of
those tried, the best of them) are sGDML's. Times are sums over all attempts: cores times wall
time, GPUs times wall time, what was asked of a scheduler, and what was done in vain.
"""

MOST_ELEMENTS = 16
"""Chemical elements of one molecule that have a place."""

ELEMENT = np.dtype(
    [
        ("number", "<i8"),
        ("n_components", "<i8"),
        ("force_mae_kcal_mol_ang", "<f8"),
        ("force_rmse_kcal_mol_ang", "<f8"),
    ]
)
"""Errors of the forces on one element's atoms; the atomic number is 0 in empty places."""

N_ENERGIES, N_FORCES = 64, 192
"""Test energies and force components kept of a cell to be plotted."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Evidence:
    """What was gathered of finished cells."""

    rows: NDArray[Any]
    """``(n_cells,)`` of `ROW`."""
    elements: NDArray[Any]
    """``(n_cells, MOST_ELEMENTS)`` of `ELEMENT`."""
    energies: NDArray[np.float32]
    """``(n_cells, N_ENERGIES, 2)``, reference and prediction less the reference's mean,
    kcal/mol; NaN where there are fewer."""
    forces: NDArray[np.float32]
    """``(n_cells, N_FORCES, 2)``, reference and predicted components, kcal/mol/Å."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, places: list[int]) -> Evidence:
        """Return the cells at these places, in this order."""
        names = [one.name for one in fields(self)]
        return Evidence(**{name: getattr(self, name)[places] for name in names})

    def places(self) -> dict[tuple[str, int, int], int]:
        """Return label, attempt and sequence of each cell that has no problem, with its place."""
        columns = [self.rows[name].tolist() for name in (*KEY, "problem")]
        return {
            (label.decode(), attempt, sequence): place
            for place, (label, attempt, sequence, problem) in enumerate(zip(*columns, strict=True))
            if not problem
        }


def joined(parts: Sequence[Evidence]) -> Evidence:
    """Return the cells of all parts, one after the other."""
    names = [one.name for one in fields(Evidence)]
    return Evidence(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def blank(number: int) -> Evidence:
    """Return so many cells of which nothing was gathered."""
    rows = np.zeros(number, dtype=ROW)
    for name in ROW.names or ():
        if name not in KEY and rows.dtype[name].kind in "fi":
            rows[name] = np.nan if rows.dtype[name].kind == "f" else -1
    return Evidence(
        rows=rows,
        elements=np.zeros((number, MOST_ELEMENTS), dtype=ELEMENT),
        energies=np.full((number, N_ENERGIES, 2), np.nan, dtype=np.float32),
        forces=np.full((number, N_FORCES, 2), np.nan, dtype=np.float32),
    )


def fill(row: NDArray[Any], values: Mapping[str, Any]) -> None:
    """Put values into a row's columns, texts cut to what fits."""
    for name, value in values.items():
        row[name] = value.encode()[: row.dtype[name].itemsize] if isinstance(value, str) else value

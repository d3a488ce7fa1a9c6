"""What the figures of predictions and costs are drawn from; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff.report.rows import with_variant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hpcmlff.evidence.columns import Evidence

SERIES = ["model", "variant"]
"""Columns that name what is drawn in one colour."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Points:
    """Predictions of one model and variant, of all its seeds with the most training frames."""

    pair: tuple[str, str]
    """Model and variant."""
    size: int
    """Training frames."""
    n_seeds: int
    """Seeds."""
    energies: NDArray[np.float32]
    """``(n, 2)``, reference and prediction, less the reference's mean, kcal/mol."""
    forces: NDArray[np.float32]
    """``(m, 2)``, components, kcal/mol/Å."""
    energy_rmse: float
    """Mean over seeds, kcal/mol."""
    energy_bias: float
    """Mean over seeds, kcal/mol."""
    force_rmse: float
    """Mean over seeds, kcal/mol/Å."""

    def inputs(self) -> tuple[Any, ...]:
        """Return all of it, to tell whether it has changed."""
        scores = (self.energy_rmse, self.energy_bias, self.force_rmse)
        return (repr((self.pair, self.size, self.n_seeds, scores)), self.energies, self.forces)


def with_places(rows: pd.DataFrame, places: pd.Series[int]) -> pd.DataFrame:
    """Return tidy rows with a column ``place``; -1 for cells of which nothing was gathered.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = with_variant(rows)
    place = cells["cell_id"].map(places).fillna(-1).astype("int64")
    return cells.assign(place=place)


def largest(done: pd.DataFrame) -> Iterator[tuple[tuple[str, str], int, pd.DataFrame]]:
    """Yield each model and variant with its largest size and the finished cells of it."""
    for pair, own in done.groupby(SERIES, sort=False):
        size = int(own["size"].max())
        yield (str(pair[0]), str(pair[1])), size, own[own["size"] == size]


def parity_points(done: pd.DataFrame, evidence: Evidence) -> list[Points]:
    """Return what is kept of the predictions of a molecule's finished cells.

    Parameters
    ----------
    done
        The cells, with ``place`` and ``energy_bias_kcal_mol``.
    evidence
        What was gathered.
    """
    gathered = done[done["place"] >= 0]
    return [
        Points(
            pair=pair,
            size=size,
            n_seeds=len(cells),
            energies=_points(evidence.energies, cells),
            forces=_points(evidence.forces, cells),
            energy_rmse=float(cells["energy_rmse_kcal_mol"].mean()),
            energy_bias=float(cells["energy_bias_kcal_mol"].mean()),
            force_rmse=float(cells["force_rmse_kcal_mol_ang"].mean()),
        )
        for pair, size, cells in largest(gathered)
        if len(_points(evidence.forces, cells))
    ]


def _points(kept: NDArray[np.float32], cells: pd.DataFrame) -> NDArray[np.float32]:
    points: NDArray[np.float32] = kept[cells["place"].to_numpy()].reshape(-1, 2)
    # Both are missing, or none.
    return points[np.flatnonzero(np.isfinite(points[:, 0]))]


def element_errors(done: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Return the force RMSE on each element of a molecule.

    Parameters
    ----------
    done
        The molecule's finished cells, with ``place``.
    evidence
        What was gathered.

    Returns
    -------
    DataFrame
        ``model variant size number mean spread n``; ``number`` is atomic, the error in
        kcal/mol/Å over the ``n`` seeds with the most training frames.
    """
    lines = []
    for (model, variant), size, cells in largest(done[done["place"] >= 0]):
        found = evidence.elements[cells["place"].to_numpy()].ravel()
        found = found[found["number"] > 0]
        names = ("number", "force_rmse_kcal_mol_ang")
        table = pd.DataFrame({name: found[name] for name in names})
        sums = table.groupby("number")["force_rmse_kcal_mol_ang"]
        made = sums.agg(mean="mean", spread="std", n="count").reset_index()
        lines.append(made.assign(model=model, variant=variant, size=size))
    columns = [*SERIES, "size", "number", "mean", "spread", "n"]
    return pd.concat(lines)[columns] if lines else pd.DataFrame(columns=columns)


def by_resource(done: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield ``GPU`` and ``core`` with the cells that were trained on such."""
    if {"core_h", "gpu_h", "lost_core_h"} <= set(done.columns):
        on_gpu = done["gpu_h"] > 0
        chosen = (("GPU", done[on_gpu]), ("core", done[~on_gpu & (done["core_h"] > 0)]))
        yield from ((name, cells) for name, cells in chosen if len(cells))


def cost_points(done: pd.DataFrame, resource: str) -> pd.DataFrame:
    """Return errors and hours of finished cells.

    Parameters
    ----------
    done
        The cells.
    resource
        ``GPU`` or ``core``.

    Returns
    -------
    DataFrame
        ``model variant size hours`` and the two RMSEs; hours without what was lost.
    """
    kept = 1 - done["lost_core_h"] / done["core_h"]
    hours = done["gpu_h" if resource == "GPU" else "core_h"] * kept
    errors = ["energy_rmse_kcal_mol", "force_rmse_kcal_mol_ang"]
    found = done.assign(hours=hours)[[*SERIES, "size", "hours", *errors]]
    return found[found["hours"] > 0].reset_index(drop=True)

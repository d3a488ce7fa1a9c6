"""Which learning curves there are; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.report.labels import SPREAD
from hpcmlff.report.plot import Plot
from hpcmlff.report.rows import series_of, with_variant
from hpcmlff.report.styles import Styles, series_styles
from hpcmlff.report.summary import learning_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ERRORS = {
    "rmse": ("energy_rmse_kcal_mol", "force_rmse_kcal_mol_ang"),
    "mae": ("energy_mae_kcal_mol", "force_mae_kcal_mol_ang"),
}
"""Name of a figure, a part of its file names, to the errors of its panels."""

_DRAWN = ["model", "variant", "size", "seed", "state"]


def learning_curves(rows: pd.DataFrame) -> Iterator[Plot]:
    """Return errors against training frames, of every molecule that has a scored cell.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells, table = with_variant(rows), learning_table(rows)
    styles = series_styles(series_of(rows))
    for molecule, own in cells.groupby("molecule", sort=False):
        lines = table[table["molecule"] == molecule]
        for name in ERRORS if (lines["n_done"] > 0).any() else ():
            yield _learning_curve(str(molecule), name, own, lines, styles)


def _learning_curve(
    molecule: str, name: str, cells: pd.DataFrame, lines: pd.DataFrame, styles: Styles
) -> Plot:
    cells = cells[[*_DRAWN, *ERRORS[name]]]
    lines = lines[lines["metric"].isin(ERRORS[name])]
    title = f"{molecule}: test errors, mean and {SPREAD}"

    def draw() -> Figure:
        from hpcmlff.report.curves import figure

        return figure(title, ERRORS[name], cells, lines, styles)

    return Plot(
        stem=f"learning_curves_{molecule}_{name}",
        kind="learning",
        molecule=molecule,
        title=title,
        caption="Lines join means over seeds, bars are their spread, dots are single seeds. Open"
        " marks at the top edge count cells that have no result: squares failed, circles are not"
        " done.",
        inputs=(cells, lines, repr(styles)),
        draw=draw,
    )

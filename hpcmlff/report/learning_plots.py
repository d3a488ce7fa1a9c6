"""Which learning curves there are; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.report.beside import of_molecules
from hpcmlff.report.curve_data import CurveData
from hpcmlff.report.labels import SPREAD
from hpcmlff.report.plot import Plot
from hpcmlff.report.reference.reading import table as reference_table
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

_CAPTION = (
    "Lines join means over seeds, bars are their spread, dots are single seeds. Open"
    " marks at the top edge count cells that have no result: squares failed, circles are not"
    " done."
)
_OF_OTHERS = " Dotted lines and hollow diamonds are what others reported."


def learning_curves(rows: pd.DataFrame, references: pd.DataFrame | None = None) -> Iterator[Plot]:
    """Return errors against training frames, of every molecule that has a scored cell.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    references
        What others reported, see `hpcmlff.report.reference.reading.table`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells, table = with_variant(rows), learning_table(rows)
    styles = series_styles(series_of(rows))
    others = of_molecules(
        reference_table([]) if references is None else references, set(cells["molecule"])
    )
    for molecule, own in cells.groupby("molecule", sort=False):
        lines = table[table["molecule"] == molecule]
        for name in ERRORS if (lines["n_done"] > 0).any() else ():
            theirs = others[(others["molecule"] == molecule) & others["metric"].isin(ERRORS[name])]
            data = CurveData(metrics=ERRORS[name], cells=own, lines=lines, others=theirs)
            yield _learning_curve(str(molecule), name, data, styles)


def _learning_curve(molecule: str, name: str, data: CurveData, styles: Styles) -> Plot:
    data = data.reduced()
    title = f"{molecule}: test errors, mean and {SPREAD}"

    def draw() -> Figure:
        from hpcmlff.report.curves import figure

        return figure(title, data, styles)

    return Plot(
        stem=f"learning_curves_{molecule}_{name}",
        kind="learning",
        molecule=molecule,
        title=title,
        caption=_CAPTION + (_OF_OTHERS if len(data.others) else ""),
        inputs=(data.cells, data.lines, data.others, repr(styles)),
        draw=draw,
    )

"""Learning curves: errors against the number of training frames, one figure per molecule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from hpcmlff.report.files import report_file
from hpcmlff.report.labels import SPREAD
from hpcmlff.report.panel import (
    ALL_MODELS,
    FAILED_MARKER,
    NOT_DONE_MARKER,
    OPEN_MARK,
    PanelData,
    draw,
    legend_columns,
)
from hpcmlff.report.rows import series_of, with_variant
from hpcmlff.report.styles import RC, SeriesStyle, series_styles
from hpcmlff.report.summary import learning_table, scored, series_name
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

FIGURES = {
    "rmse": ("energy_rmse_kcal_mol", "force_rmse_kcal_mol_ang"),
    "mae": ("energy_mae_kcal_mol", "force_mae_kcal_mol_ang"),
}
"""Name of a figure, a part of its file names, to the errors of its panels."""

_DPI = 200
_WIDTH_IN = 7.2
_PANEL_IN = 3.1
_LEGEND_ROW_IN = 0.17

Styles = dict[tuple[str, str], SeriesStyle]


def plot_learning_curves(rows: pd.DataFrame, folder: Path) -> list[Path]:
    """Plot the errors of every molecule that has a scored cell.

    The files hold no dates and no versions: the same rows give the same bytes.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    folder
        Where ``learning_curves_<molecule>_<rmse|mae>.<png|svg>`` go; made if missing.

    Returns
    -------
    list of Path
        The files written, by molecule.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        A file cannot be written.
    """
    cells, table = with_variant(rows), learning_table(rows)
    styles = series_styles(series_of(rows))
    written: list[Path] = []
    with matplotlib.style.context(["default", RC]):
        for molecule, own in cells.groupby("molecule", sort=False):
            lines = table[table["molecule"] == molecule]
            for name in FIGURES if (lines["n_done"] > 0).any() else ():
                figure = _figure(str(molecule), name, own, lines, styles)
                written += _save(figure, folder / f"learning_curves_{molecule}_{name}")
    return written


def _figure(
    molecule: str, name: str, cells: pd.DataFrame, lines: pd.DataFrame, styles: Styles
) -> Figure:
    pairs = set(zip(cells["model"], cells["variant"], strict=True))
    own = {pair: style for pair, style in styles.items() if pair in pairs}
    scores = [scored(cells, metric) for metric in FIGURES[name]]
    handles = [*_lines(own), *_open_marks(set(cells["state"][~(scores[0] & scores[1])]))]
    n_columns = legend_columns([str(handle.get_label()) for handle in handles])
    height = _PANEL_IN + _LEGEND_ROW_IN * math.ceil(len(handles) / n_columns)
    figure = Figure(
        figsize=(_WIDTH_IN, height), dpi=_DPI, layout=ConstrainedLayoutEngine(wspace=0.04)
    )
    for axes, metric in zip(figure.subplots(1, 2), FIGURES[name], strict=True):
        table = lines[lines["metric"] == metric]
        draw(axes, PanelData(metric=metric, table=table, cells=cells), own)
    figure.suptitle(f"{molecule}: test errors, mean and {SPREAD}", fontsize=9)
    figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, frameon=False)
    # Laid out once for all files, which takes longer than drawing them.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def _lines(styles: Styles) -> Iterator[Line2D]:
    for pair, style in styles.items():
        yield Line2D(
            [], [], color=style.colour, ls=style.line, marker=style.marker, ms=4, lw=1.1,
            mec="white", mew=0.4, label=series_name(*pair),
        )  # fmt: skip


def _open_marks(states: set[str]) -> Iterator[Line2D]:
    if CellState.FAILED in states:
        yield _open_mark(FAILED_MARKER, "failed cells")
    if states - {CellState.FAILED}:
        yield _open_mark(NOT_DONE_MARKER, "cells not done")


def _open_mark(marker: str, label: str) -> Line2D:
    return Line2D([], [], marker=marker, mec=ALL_MODELS, label=label, **OPEN_MARK)


def _save(figure: Figure, stem: Path) -> list[Path]:
    # The canvases' own methods (untyped): `Figure.savefig` would draw everything twice.
    png, svg = (stem.with_name(f"{stem.name}{suffix}") for suffix in (".png", ".svg"))
    agg: Any = FigureCanvasAgg(figure)
    with report_file(png) as temporary:
        agg.print_png(str(temporary), metadata={"Software": None})
    vector: Any = FigureCanvasSVG(figure)
    with report_file(svg) as temporary:
        vector.print_svg(temporary, metadata={"Date": None, "Creator": None})
    return [png, svg]

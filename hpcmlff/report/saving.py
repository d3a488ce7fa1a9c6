"""A figure as PNG and SVG, whatever the user's own settings of matplotlib are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from hpcmlff.report.files import report_file
from hpcmlff.report.panel import legend_columns
from hpcmlff.report.styles import RC

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.lines import Line2D

    from hpcmlff.report.plot import Plot

WIDTH_IN = 7.2
"""Width of every figure: that of a page's text."""

_DPI = 200
_LEGEND_ROW_IN = 0.17


def new_figure(height_in: float, title: str, handles: Sequence[Line2D] = ()) -> Figure:
    """Return an empty figure with a title and, below, a legend.

    Parameters
    ----------
    height_in
        Height without the legend, inches.
    title
        What stands above it.
    handles
        The legend's entries.
    """
    n_columns = legend_columns([str(one.get_label()) for one in handles]) if handles else 1
    height = height_in + _LEGEND_ROW_IN * math.ceil(len(handles) / n_columns)
    layout = ConstrainedLayoutEngine(wspace=0.04)
    figure = Figure(figsize=(WIDTH_IN, height), dpi=_DPI, layout=layout)
    figure.suptitle(title, fontsize=9)
    if handles:
        kept = list(handles)
        figure.legend(handles=kept, loc="outside lower center", ncols=n_columns, frameon=False)
    return figure


def save(plot: Plot, paths: Sequence[Path], mark: str) -> None:
    """Draw a figure and write it.

    Parameters
    ----------
    plot
        The figure.
    paths
        The PNG and the SVG file.
    mark
        Written near the beginning of both.

    Raises
    ------
    HpcmlffError
        A file cannot be written.
    """
    png, svg = paths
    with matplotlib.style.context(["default", RC]):
        figure = plot.draw()
        # Laid out once for all files, which takes longer than drawing them.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        # The canvases' own methods (untyped): `Figure.savefig` would draw everything twice.
        agg: Any = FigureCanvasAgg(figure)
        with report_file(png) as temporary:
            agg.print_png(str(temporary), metadata={"Software": None, "Comment": mark})
        vector: Any = FigureCanvasSVG(figure)
        about = {"Date": None, "Creator": None, "Identifier": mark}
        with report_file(svg) as temporary:
            vector.print_svg(temporary, metadata=about)

"""Learning curves: errors against the number of training frames, one figure per molecule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from hpcmlff.report.legend import series_handles, styles_of
from hpcmlff.report.others import draw_others, others_handles
from hpcmlff.report.panel import (
    ALL_MODELS,
    FAILED_MARKER,
    NOT_DONE_MARKER,
    OPEN_MARK,
    PanelData,
    draw,
)
from hpcmlff.report.saving import new_figure
from hpcmlff.report.summary import scored
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from hpcmlff.report.curve_data import CurveData
    from hpcmlff.report.styles import Styles

_PANEL_IN = 3.1


def figure(title: str, data: CurveData, styles: Styles) -> Figure:
    """Draw the errors of one molecule.

    Parameters
    ----------
    title
        What stands above it.
    data
        The errors.
    styles
        Of every (model, variant).
    """
    cells = data.cells
    own = styles_of(styles, zip(cells["model"], cells["variant"], strict=True))
    scores = [scored(cells, metric) for metric in data.metrics]
    states = set(cells["state"][~(scores[0] & scores[1])])
    handles = [*series_handles(own), *others_handles(data.others, own), *_open_marks(states)]
    made = new_figure(_PANEL_IN, title, handles)
    for axes, metric in zip(made.subplots(1, 2), data.metrics, strict=True):
        table = data.lines[data.lines["metric"] == metric]
        others = data.others[data.others["metric"] == metric]
        draw(axes, PanelData(metric=metric, table=table, cells=cells, others=others), own)
        draw_others(axes, others, own)
    return made


def _open_marks(states: set[str]) -> Iterator[Line2D]:
    if CellState.FAILED in states:
        yield _open_mark(FAILED_MARKER, "failed cells")
    if states - {CellState.FAILED}:
        yield _open_mark(NOT_DONE_MARKER, "cells not done")


def _open_mark(marker: str, label: str) -> Line2D:
    return Line2D([], [], marker=marker, mec=ALL_MODELS, label=label, **OPEN_MARK)

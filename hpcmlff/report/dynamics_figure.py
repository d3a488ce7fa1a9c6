"""Energy and temperature over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from hpcmlff.report.saving import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hpcmlff.report.styles import SeriesStyle

_PANEL_IN = 2.6
_PANELS = (
    ("energy_kcal_mol", "change of total energy (kcal/mol)"),
    ("temperature_k", "temperature (K)"),
)


def figure(title: str, curves: pd.DataFrame, styles: Mapping[str, SeriesStyle]) -> Figure:
    """Draw all runs of one molecule.

    Parameters
    ----------
    title
        What stands above it.
    curves
        Columns ``times_ps energy_kcal_mol temperature_k``, and of each run ``series model
        thermostat broken_at_ps``.
    styles
        Of every model.
    """
    runs = [(str(name), own) for name, own in curves.groupby("series", sort=False)]
    handles = [_handle(name, own, styles) for name, own in runs]
    made = new_figure(_PANEL_IN, title, handles)
    for axes, (column, label) in zip(made.subplots(1, 2), _PANELS, strict=True):
        axes.set(xlabel="time (ps)", ylabel=label)
        for _, own in runs:
            _draw(axes, own, column, styles)
    return made


def _handle(name: str, own: pd.DataFrame, styles: Mapping[str, SeriesStyle]) -> Line2D:
    colour = styles[str(own["model"].iloc[0])].colour
    return Line2D([], [], color=colour, lw=1.1, ls=_line(own), label=name)


def _line(own: pd.DataFrame) -> str:
    return "-" if own["thermostat"].iloc[0] == "nve" else "--"


def _draw(axes: Axes, own: pd.DataFrame, column: str, styles: Mapping[str, SeriesStyle]) -> None:
    colour = styles[str(own["model"].iloc[0])].colour
    shown = own if column != "energy_kcal_mol" or own["thermostat"].iloc[0] == "nve" else own[:0]
    axes.plot(shown["times_ps"], shown[column], color=colour, lw=0.8, ls=_line(own))
    broken = float(own["broken_at_ps"].iloc[0])
    if np.isfinite(broken) and len(shown):
        value = np.interp(broken, shown["times_ps"], shown[column])
        axes.plot(broken, value, marker="x", color=colour, ms=6, ls="")

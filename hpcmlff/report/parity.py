"""Parity plots: predictions against reference, two panels for each model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from hpcmlff.report.findings import number
from hpcmlff.report.saving import WIDTH_IN, new_figure
from hpcmlff.report.summary import series_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hpcmlff.report.plot_data import Points
    from hpcmlff.report.styles import Styles

    Limits = tuple[float, float]

_MOST_COLUMNS = 4
_LEAST_COLUMNS = 2
_TITLE_IN, _NAMES_IN, _LABELS_IN = 0.3, 0.3, 0.4
_SQUARE = 0.78  # part of a column's width that its panels' squares take


def figure(title: str, points: Sequence[Points], styles: Styles) -> Figure:
    """Draw predictions against reference, energies above forces.

    Parameters
    ----------
    title
        What stands above it.
    points
        What to show, one column each; more than four go on below.
    styles
        Of every (model, variant).
    """
    n_columns = max(_LEAST_COLUMNS, min(_MOST_COLUMNS, len(points)))
    n_rows = math.ceil(len(points) / n_columns)
    row_in = _SQUARE * WIDTH_IN / max(n_columns, 3) + _LABELS_IN
    made = new_figure(_TITLE_IN + n_rows * (2 * row_in + _NAMES_IN), title)
    panels = made.subplots(2 * n_rows, n_columns, squeeze=False)
    limits = [_limits([getattr(one, what) for one in points]) for what in ("energies", "forces")]
    for place, one in enumerate(points):
        row, column = divmod(place, n_columns)
        energies, forces = panels[2 * row][column], panels[2 * row + 1][column]
        seeds = f"{one.n_seeds} seed{'s' if one.n_seeds > 1 else ''}"
        energies.set_title(f"{series_name(*one.pair)}\n{one.size} frames, {seeds}", fontsize=7)
        colour = styles[one.pair].colour
        _draw(energies, one.energies, limits[0], colour)
        _draw(forces, one.forces, limits[1], colour)
        _label(energies, f"RMSE {number(one.energy_rmse)}\nbias {number(one.energy_bias)}")
        _label(forces, f"RMSE {number(one.force_rmse)}")
        energies.set(xlabel="reference (kcal/mol)")
        forces.set(xlabel="reference (kcal/mol/Å)")
        if column == 0:
            energies.set(ylabel="predicted energy")
            forces.set(ylabel="predicted force")
    for place in range(len(points), n_rows * n_columns):
        row, column = divmod(place, n_columns)
        panels[2 * row][column].set_axis_off()
        panels[2 * row + 1][column].set_axis_off()
    return made


def _draw(axes: Axes, points: NDArray[np.float32], limits: Limits, colour: str) -> None:
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.axline((limits[0], limits[0]), slope=1, color="0.3", lw=0.6, zorder=2)
    # As pixels: thousands of points would make a heavy vector file.
    axes.plot(*points.T, ls="", marker=".", ms=2.5, mew=0, color=colour, alpha=0.6,
              zorder=3, rasterized=True)  # fmt: skip
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _label(axes: Axes, text: str) -> None:
    axes.text(0.05, 0.95, text, transform=axes.transAxes, va="top", fontsize=7)


def _limits(arrays: Sequence[NDArray[np.float32]]) -> Limits:
    """Return limits that all panels share, so that they can be compared."""
    values = np.concatenate([array.ravel() for array in arrays]).astype(float)
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin

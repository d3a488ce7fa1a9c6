"""Errors against the hours that a training takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from hpcmlff.report.labels import LABELS
from hpcmlff.report.legend import series_handles, styles_of
from hpcmlff.report.saving import new_figure
from hpcmlff.report.ticks import log_limits, plain, value_ticks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hpcmlff.report.styles import SeriesStyle, Styles

_PANEL_IN = 3.0
_METRICS = ("energy_rmse_kcal_mol", "force_rmse_kcal_mol_ang")


def figure(
    title: str,
    resource: str,
    points: pd.DataFrame,
    styles: Styles,
) -> Figure:
    """Draw both errors of one molecule against hours.

    Parameters
    ----------
    title
        What stands above it.
    resource
        ``GPU`` or ``core``.
    points
        See `hpcmlff.report.plot_data.cost_points`.
    styles
        Of every (model, variant).
    """
    own = styles_of(styles, zip(points["model"], points["variant"], strict=True))
    made = new_figure(_PANEL_IN, title, list(series_handles(own)))
    for axes, metric in zip(made.subplots(1, 2), _METRICS, strict=True):
        axes.set(xscale="log", yscale="log", xlabel=f"{resource}-hours of a training")
        axes.set_ylabel(LABELS[metric].heading)
        shown = points[points[metric] > 0]
        if len(shown):
            _scale(axes, shown["hours"].tolist(), shown[metric].tolist())
        for pair, style in own.items():
            chosen = (shown["model"] == pair[0]) & (shown["variant"] == pair[1])
            _draw(axes, shown[chosen], metric, style)
    return made


def _scale(axes: Axes, hours: list[float], errors: list[float]) -> None:
    for axis, values, limit in (
        (axes.xaxis, hours, axes.set_xlim),
        (axes.yaxis, errors, axes.set_ylim),
    ):
        low, high = log_limits(values)
        limit(low, high)
        ticks = value_ticks(low, high)
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter(FixedFormatter([plain(tick) for tick in ticks]))
        axis.set_minor_locator(NullLocator())


def _draw(axes: Axes, points: pd.DataFrame, metric: str, style: SeriesStyle) -> None:
    axes.plot(points["hours"], points[metric], ls="", marker=".", ms=3.5, mew=0,
              color=style.colour, alpha=0.6, zorder=2)  # fmt: skip
    means = points.groupby("size")[["hours", metric]].mean()
    axes.plot(
        means["hours"], means[metric], color=style.colour, lw=1.1, ls=style.line,
        marker=style.marker, ms=4, mec="white", mew=0.4, zorder=3,
    )  # fmt: skip
    for size, (hours, error) in zip(means.index, means.to_numpy(), strict=True):
        axes.annotate(
            str(size), (hours, error), xytext=(4, 4), textcoords="offset points", fontsize=6,
            color=style.colour, zorder=4,
        )  # fmt: skip

"""One panel: an error against the number of training frames, gaps in plain sight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator
from matplotlib.transforms import ScaledTranslation

from hpcmlff.report.labels import LABELS
from hpcmlff.report.summary import scored
from hpcmlff.report.ticks import log_limits, plain, size_ticks, value_ticks
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from hpcmlff.report.styles import SeriesStyle, Styles

FAILED_MARKER = "s"
"""Open mark of cells that failed; their number stands inside."""

NOT_DONE_MARKER = "o"
"""Open mark of cells that are neither done nor failed; their number stands inside."""

OPEN_MARK: dict[str, Any] = {"ls": "", "ms": 6.5, "mfc": "white", "mew": 0.8}
"""How open marks are drawn."""

ALL_MODELS = "0.3"
"""Grey of marks and legend entries that stand for all models."""

_ROW_HEIGHT = 0.05  # share of the panel's height that one row of open marks takes
_MOST_ROWS = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PanelData:
    """What one panel shows."""

    metric: str
    """Column of the error."""
    table: pd.DataFrame
    """Lines of the learning table of one molecule and this metric."""
    cells: pd.DataFrame
    """The molecule's cells with their variant."""
    others: pd.DataFrame
    """What others reported, ``size`` and ``value`` among its columns."""

    def line(self, pair: tuple[str, str]) -> pd.DataFrame:
        """Return the lines of one model and variant; what a logarithm cannot show is NaN."""
        model, variant = pair
        own = self.table[(self.table["model"] == model) & (self.table["variant"] == variant)]
        return own.assign(mean=own["mean"].where(own["mean"] > 0))

    def points(self, pair: tuple[str, str]) -> pd.DataFrame:
        """Return the scored cells of one model and variant with a value above zero."""
        model, variant = pair
        cells = self.cells[(self.cells["model"] == model) & (self.cells["variant"] == variant)]
        return cells[scored(cells, self.metric) & (cells[self.metric] > 0)]

    def gaps(self) -> pd.DataFrame:
        """Return where cells are missing and in which row from the top to mark them.

        Columns model, variant, size, failed, n, row. Where the rows would crowd out the
        curves, cells are counted over all models, and model and variant are empty.
        """
        missing = self.cells[~scored(self.cells, self.metric)]
        missing = missing.assign(failed=missing["state"] == CellState.FAILED)
        gaps = _stacked(missing)
        if n_rows(gaps) > _MOST_ROWS:
            gaps = _stacked(missing.assign(model="", variant=""))
        return gaps


def _stacked(missing: pd.DataFrame) -> pd.DataFrame:
    counted = missing.groupby(["size", "model", "variant", "failed"]).size()
    gaps = counted.rename("n").reset_index()
    return gaps.assign(row=gaps.groupby("size").cumcount())


def n_rows(gaps: pd.DataFrame) -> int:
    """Return how many rows of open marks stand one above the other."""
    return 0 if gaps.empty else int(gaps["row"].max()) + 1


def draw(axes: Axes, data: PanelData, styles: Styles) -> None:
    """Draw all series of a molecule into a panel.

    Parameters
    ----------
    axes
        An empty panel.
    data
        What to show.
    styles
        Of every (model, variant) of the molecule.
    """
    axes.set(xscale="log", yscale="log", xlabel="training frames")
    axes.set_ylabel(LABELS[data.metric].heading)
    gaps = data.gaps()
    _scale(axes, data, _band(n_rows(gaps)))
    for pair, style in styles.items():
        _draw_series(axes, data, pair, style)
    _draw_gaps(axes, gaps, styles)


def _band(rows: int) -> float:
    """Return the share of the panel's height that open marks take."""
    return (rows + 0.3) * _ROW_HEIGHT if rows else 0.0


def _scale(axes: Axes, data: PanelData, band: float) -> None:
    sizes = sorted({int(size) for size in (*data.cells["size"], *data.others["size"])})
    low, high = log_limits([float(size) for size in sizes])
    axes.set_xlim(low, high)
    labelled = size_ticks(sizes, low, high)
    axes.xaxis.set_major_locator(FixedLocator(labelled))
    axes.xaxis.set_major_formatter(FixedFormatter([str(size) for size in labelled]))
    axes.xaxis.set_minor_locator(FixedLocator([s for s in sizes if s not in labelled]))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_locator(NullLocator())
    if extent := _extent(data):
        axes.set_ylim(*log_limits(extent, band))
        ticks = value_ticks(*log_limits(extent))
        axes.yaxis.set_major_locator(FixedLocator(ticks))
        axes.yaxis.set_major_formatter(FixedFormatter([plain(tick) for tick in ticks]))
    else:
        axes.yaxis.set_major_locator(NullLocator())
        axes.text(0.5, 0.4, "no value above zero", transform=axes.transAxes, ha="center")


def _extent(data: PanelData) -> list[float]:
    cells = data.cells[scored(data.cells, data.metric)]
    values: list[float] = cells[data.metric].tolist()
    ends = (data.table["mean"] + data.table["spread"]).dropna().tolist()
    return [value for value in [*values, *ends, *data.others["value"]] if value > 0]


def _draw_series(axes: Axes, data: PanelData, pair: tuple[str, str], style: SeriesStyle) -> None:
    line, points = data.line(pair), data.points(pair)
    colour = style.colour
    axes.plot(line["size"], line["mean"], color=colour, lw=1.1, ls=style.line, zorder=3)
    if line["n_done"].max() > 1:
        # Seeds stand beside their mean, or the error bar would hide them.
        beside = ScaledTranslation(4 / 72, 0, axes.figure.dpi_scale_trans)
        axes.plot(
            points["size"], points[data.metric], ls="", marker=".", ms=3.5, mew=0, color=colour,
            alpha=0.6, zorder=2, transform=axes.transData + beside,
        )  # fmt: skip
    spread = line["spread"].fillna(0.0)
    # A bar that reaches zero ends at the panel's edge.
    below = spread.clip(upper=line["mean"] * 0.999)
    axes.errorbar(
        line["size"], line["mean"], yerr=[below, spread], ls="", marker=style.marker, ms=4,
        mec="white", mew=0.4, color=colour, elinewidth=0.8, capsize=2, capthick=0.8, zorder=4,
    )  # fmt: skip


def _draw_gaps(axes: Axes, gaps: pd.DataFrame, styles: Styles) -> None:
    height = _band(n_rows(gaps))
    band = Rectangle((0, 1 - height), 1, height, transform=axes.transAxes, fc="0.95", zorder=0.5)
    axes.add_patch(band)
    for gap in gaps.to_dict("records"):
        style = styles.get((str(gap["model"]), str(gap["variant"])))
        place = (float(gap["size"]), 1 - (int(gap["row"]) + 0.65) * _ROW_HEIGHT)
        _mark(axes, place, style.colour if style else ALL_MODELS, gap)


def _mark(axes: Axes, place: tuple[float, float], colour: str, gap: Mapping[Any, Any]) -> None:
    marker = FAILED_MARKER if gap["failed"] else NOT_DONE_MARKER
    where = axes.get_xaxis_transform()
    axes.plot(*place, transform=where, marker=marker, mec=colour, zorder=5, **OPEN_MARK)
    axes.text(
        *place, str(gap["n"]), transform=where, color="black", fontsize=4.5, ha="center",
        va="center_baseline", zorder=6,
    )  # fmt: skip


def legend_columns(names: list[str], most: int = 6) -> int:
    """Return how many legend entries of these lengths stand side by side in a figure."""
    fit = max(1, min(most, math.floor(118 / (max(map(len, names)) + 7))))
    # As many columns as fill their rows evenly.
    return math.ceil(len(names) / math.ceil(len(names) / fit))

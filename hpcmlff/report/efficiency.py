"""What core-hours went into, model by model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.patches import Patch

from hpcmlff.report.saving import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_BAR_IN, _FRAME_IN = 0.26, 1.1

_PARTS = (
    ("busy", "#009E73", ""),
    ("idle", "#56B4E9", ""),
    ("lost", "#D55E00", ""),
    ("in cells not done", "0.75", ""),
    ("not used of what was requested", "none", "////"),
)
"""Names of a bar's parts, their colours (Okabe and Ito, 2008) and hatches."""


def figure(title: str, table: pd.DataFrame) -> Figure:
    """Draw one bar for each molecule, model and variant.

    Parameters
    ----------
    title
        What stands above it.
    table
        See `hpcmlff.report.costs.cost_table`.
    """
    made = new_figure(_FRAME_IN + _BAR_IN * len(table), title)
    axes, parts = made.subplots(), _parts(table)
    places = list(range(len(table)))[::-1]
    left = parts["busy"] * 0
    for name, colour, hatch in _PARTS:
        axes.barh(
            places, parts[name], left=left, height=0.7, color=colour, hatch=hatch,
            edgecolor="0.3" if hatch else "white", linewidth=0.4, zorder=2,
        )  # fmt: skip
        left = left + parts[name]
    names = [f"{line.molecule}  {line.series}" for line in table.itertuples()]
    axes.set_yticks(places, names)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("core-hours")
    shown = [part for part in _PARTS if parts[part[0]].sum() > 0]
    entries = [
        Patch(fc=colour, hatch=hatch, ec="0.3", lw=0.4, label=name) for name, colour, hatch in shown
    ]
    made.legend(handles=entries, loc="outside lower center", ncols=len(entries), frameon=False)
    return made


def _parts(table: pd.DataFrame) -> dict[str, pd.Series[float]]:
    return {
        "busy": table["busy_core_h"],
        "idle": table["useful_core_h"] - table["busy_core_h"],
        "lost": table["lost_core_h"],
        "in cells not done": table["open_core_h"],
        "not used of what was requested": (table["requested_core_h"] - table["core_h"]).clip(
            lower=0
        ),
    }

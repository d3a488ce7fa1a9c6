"""What the cells of a model have cost, and how much of it was of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpcmlff.report.rows import with_variant
from hpcmlff.report.summary import series_name
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Sequence

HOURS = ("core_h", "gpu_h", "requested_core_h", "lost_core_h")
"""Columns of the rows that are added up."""

COST_CAPTION = (
    "Core-hours are cores times wall time of all attempts. Lost: done in vain, by attempts"
    " that were killed, preempted or failed, after their last checkpoint. Cores busy: CPU time"
    " over the core-hours that led to results. Used of requested: core-hours over cores times"
    " the walltime asked of a scheduler."
)
"""What the table's columns are."""

_DERIVED = ("useful_core_h", "busy_core_h", "open_core_h")

COLUMNS = ("molecule", "series", "n_done", "n_all", *HOURS, *_DERIVED)
"""Columns of the table."""


def cost_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the hours of every molecule, model and variant.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`, with the columns `HOURS`.

    Returns
    -------
    DataFrame
        ``core_h`` is cores times wall time of all attempts: ``lost_core_h`` was done in
        vain, ``useful_core_h`` led to results, and ``open_core_h`` went into cells that are
        neither done nor failed. ``busy_core_h`` is the CPU time of the useful ones;
        ``requested_core_h`` is zero where no scheduler was asked. Only molecules and models
        that have cost anything.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = with_variant(rows)
    if not set(HOURS) <= set(cells.columns) or cells.empty:
        return pd.DataFrame({name: [] for name in COLUMNS})
    cells = _derived(cells)
    sums = cells.groupby(["molecule", "series"], sort=False).agg(
        n_done=("is_done", "sum"),
        n_all=("is_done", "size"),
        **{name: (name, "sum") for name in (*HOURS, *_DERIVED)},
    )
    return sums[sums["core_h"] > 0].reset_index()[list(COLUMNS)]


def share(part: float, whole: float) -> str:
    """Return a percentage; a dash where there is no whole."""
    return f"{part / whole:.0%}" if whole > 0 else "–"


def cost_lines(table: pd.DataFrame) -> tuple[Sequence[str], list[list[str]]]:
    """Return heading and lines of the table for people."""
    head = ("molecule", "model", "done", "core-hours", "GPU-hours", "core-hours a cell")
    lines = [
        [
            str(one["molecule"]),
            str(one["series"]),
            f"{one['n_done']:.0f}/{one['n_all']:.0f}",
            hours(one["core_h"]),
            hours(one["gpu_h"]) if one["gpu_h"] else "–",
            hours(one["useful_core_h"] / one["n_done"]) if one["n_done"] else "–",
            share(one["busy_core_h"], one["useful_core_h"]),
            share(one["lost_core_h"], one["core_h"]),
            share(one["core_h"], one["requested_core_h"]),
        ]
        for one in table.to_dict("records")
    ]
    return (*head, "cores busy", "lost", "used of requested"), lines


def hours(value: float) -> str:
    """Return hours with three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _derived(cells: pd.DataFrame) -> pd.DataFrame:
    done = cells["state"] == CellState.DONE
    open_ = ~done & (cells["state"] != CellState.FAILED)
    useful = (cells["core_h"] - cells["lost_core_h"]).where(done)
    busy = pd.concat([cells["cpu_s"] / 3600, useful], axis=1).min(axis=1, skipna=False)
    pairs = zip(cells["model"], cells["variant"], strict=True)
    return cells.assign(
        series=[series_name(*pair) for pair in pairs],
        is_done=done,
        useful_core_h=useful,
        busy_core_h=busy,
        open_core_h=cells["core_h"].where(open_),
    )

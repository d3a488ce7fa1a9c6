"""From cells to learning curves: mean and spread over seeds, and what is not there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpcmlff.metrics import METRICS
from hpcmlff.report.rows import with_variant
from hpcmlff.spec.states import CellState

COLUMNS = (
    "model",
    "variant",
    "molecule",
    "size",
    "metric",
    "mean",
    "spread",
    "n_done",
    "n_all",
    "states",
)
"""Columns of the learning table."""

NOT_SCORED = "not scored"
"""Shown for a cell that is done and has no number for a metric."""

_GROUP = ["molecule", "model", "variant", "size"]
_STATE_ORDER = (*map(str, CellState), NOT_SCORED)


def learning_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum up the seeds of every model, variant, molecule and size.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Returns
    -------
    DataFrame
        One row per metric and group of seeds. ``mean`` and ``spread`` (sample standard
        deviation, n - 1 in the denominator; NaN below two values) are in the metric's
        unit and over the ``n_done`` cells that have a value, of ``n_all``; ``states``
        counts all cells by state: ``2 done, 1 failed``.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = with_variant(rows)
    if cells.empty:
        return pd.DataFrame({name: [] for name in COLUMNS})
    table = pd.concat([_summary(cells, metric) for metric in METRICS])
    # Groups come in the order of the tidy rows; a stable sort by it keeps the metrics' order.
    return table.sort_index(kind="stable").reset_index(drop=True)[list(COLUMNS)]


def series_name(model: str, variant: str) -> str:
    """Return ``sgdml`` or ``sgdml (sigma=20)``."""
    return f"{model} ({variant})" if variant else model


def scored(cells: pd.DataFrame, metric: str) -> pd.Series[bool]:
    """Tell which cells are done and have a finite value of a metric."""
    finite = pd.Series(np.isfinite(cells[metric].to_numpy()), index=cells.index)
    return (cells["state"] == CellState.DONE) & finite


def state_counts(states: pd.Series[str]) -> dict[str, int]:
    """Count states, in the order of a cell's life."""
    counts = states.value_counts().to_dict()
    known = [state for state in _STATE_ORDER if state in counts]
    others = sorted(str(state) for state in counts if state not in _STATE_ORDER)
    return {state: int(counts[state]) for state in (*known, *others)}


def _summary(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    has_value = scored(cells, metric)
    done = cells["state"] == CellState.DONE
    values = pd.DataFrame(
        {
            **{name: cells[name] for name in _GROUP},
            "value": cells[metric].where(has_value),
            "state": cells["state"].mask(done & ~has_value, NOT_SCORED),
        }
    )
    groups = values.groupby(_GROUP, sort=False)
    found = groups["value"].agg(mean="mean", spread="std", n_done="count", n_all="size")
    found["states"] = _state_texts(values)
    return found.reset_index().assign(metric=metric)


def _state_texts(values: pd.DataFrame) -> pd.Series[str]:
    counts = values.groupby([*_GROUP, "state"], sort=False).size().unstack(fill_value=0)
    known = [state for state in _STATE_ORDER if state in counts.columns]
    others = sorted(str(state) for state in counts.columns if state not in _STATE_ORDER)
    names = [*known, *others]
    texts = [
        ", ".join(f"{n} {state}" for state, n in zip(names, line, strict=True) if n)
        for line in counts[names].to_numpy().tolist()
    ]
    return pd.Series(texts, index=counts.index, dtype="str")

"""Whether one seed is far from all others of the same model, molecule and size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.report.checks.examined import Kind
from hpcmlff.report.findings import number
from hpcmlff.report.labels import LABELS
from hpcmlff.report.summary import scored
from hpcmlff.report.wording import PAPER_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

Q_CRITICAL = {3: 0.994, 4: 0.920, 5: 0.823, 6: 0.744, 7: 0.682, 8: 0.635, 9: 0.596, 10: 0.568}
"""Critical values of Dixon's ratio (gap over range) at 99 %, two-sided, by number of values:
Rorabacher, Anal. Chem. 63, 139 (1991)."""

FAR = 5.0
"""Robust standard deviations from the median, for more than ten seeds."""

LEAST = 1.25
"""Factor from the median below which a seed is never called an outlier."""

_OUTLIER = Kind(
    severity="warning",
    code="outlier-seed",
    advice="Look at its log and its parity plot; give the spread with and without it, and do not"
    " drop it without a reason",
)


def check(given: Examined) -> Iterator[Finding]:
    """Test the seeds' errors, as logarithms, for one that does not belong to them."""
    keys = ["molecule", "series", "size"]
    for metric in PAPER_METRICS:
        cells = given.cells[scored(given.cells, metric) & (given.cells[metric] > 0)]
        for _, group in cells.groupby(keys, sort=False):
            for place in outliers(np.log(group[metric].to_numpy(dtype=float))):
                yield _finding(metric, group, place)


def outliers(logarithms: NDArray[np.float64]) -> list[int]:
    """Return the places of values that do not belong to the others.

    Parameters
    ----------
    logarithms
        ``(n,)``, logarithms of errors; with fewer than three nothing can be told.
    """
    away = np.abs(logarithms - np.median(logarithms))
    if len(logarithms) > max(Q_CRITICAL):
        far = away > FAR * 1.4826 * np.median(away)
    elif len(logarithms) >= min(Q_CRITICAL):
        far = np.zeros(len(logarithms), dtype=bool)
        far[_dixon(logarithms)] = True
    else:
        return []
    return [int(place) for place in np.flatnonzero(far & (away > np.log(LEAST)))]


def _dixon(values: NDArray[np.float64]) -> list[int]:
    order = np.argsort(values, kind="stable")
    sorted_ = values[order]
    low, high, whole = sorted_[1] - sorted_[0], sorted_[-1] - sorted_[-2], np.ptp(values)
    critical = Q_CRITICAL[len(values)] * whole
    if whole > 0 and max(low, high) > critical:
        return [int(order[0] if low > high else order[-1])]
    return []


def _finding(metric: str, group: pd.DataFrame, place: int) -> Finding:
    one, label = group.iloc[[place]], LABELS[metric]
    value, middle = one[metric].item(), group[metric].median()
    text = f"{label.name} of {number(value)} {label.unit} is {number(value / middle)} times the"
    text += f" median of {len(group)} seeds, {number(middle)}"
    return _OUTLIER.of(one, text, value=value, median=middle, n_seeds=len(group))

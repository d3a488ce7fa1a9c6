"""Whether errors fall with more training frames."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind
from hpcmlff.report.findings import number
from hpcmlff.report.labels import LABELS
from hpcmlff.report.summary import scored
from hpcmlff.report.wording import PAPER_METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

LEAST = 0.02
"""Relative rise that is worth a word."""

LEAST_ALONE = 0.10
"""The same where one seed only says so, whose spread is not known."""

CERTAIN = 2.0
"""Standard errors of the mean rise over seeds, which are paired, from which it is no chance."""

_RISING = Kind(
    severity="warning",
    code="curve-not-monotone",
    advice="Look at the cells of the larger size: unconverged, or hyperparameters that do not suit"
    " it; more seeds tell whether it is chance",
)


def check(given: Examined) -> Iterator[Finding]:
    """Compare each size with the next one, seed by seed."""
    for metric in PAPER_METRICS:
        cells = given.cells[scored(given.cells, metric)]
        for _, line in cells.groupby(["molecule", "series"], sort=False):
            table = line.pivot_table(index="seed", columns="size", values=metric)
            for small, large in pairwise(table.columns):
                pair = table[[small, large]].dropna()
                if len(pair) and _rises(pair[small], pair[large]):
                    chosen = line[line["size"].isin([small, large]) & line["seed"].isin(pair.index)]
                    yield _finding(metric, chosen, pair)


def _rises(small: pd.Series[float], large: pd.Series[float]) -> bool:
    rise, n_seeds = (large - small).mean(), len(small)
    if n_seeds == 1:
        return bool(rise > LEAST_ALONE * small.mean())
    error = (large - small).std() / math.sqrt(n_seeds)
    spread = max(small.std(), large.std())
    return bool(rise > max(LEAST * small.mean(), CERTAIN * error, spread))


def _finding(metric: str, cells: pd.DataFrame, pair: pd.DataFrame) -> Finding:
    small, large = pair.columns
    before, after = pair[small].mean(), pair[large].mean()
    spread, label = pair.std().max(), LABELS[metric]
    text = f"{label.name} rises from {number(before)} to {number(after)} {label.unit} between"
    text += f" {small} and {large} frames"
    text += f", beyond the seeds' spread of {number(spread)}" if len(pair) > 1 else ", by one seed"
    return _RISING.of(cells, text, before=before, after=after, spread=spread)

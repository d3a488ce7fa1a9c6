"""Results beside what others reported, size by size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from hpcmlff.report.labels import heading
from hpcmlff.report.summary import learning_table, series_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS = (
    "molecule",
    "model",
    "variant",
    "size",
    "metric",
    "mean",
    "n_done",
    "label",
    "value",
    "times_lower",
)
"""Columns of `beside`."""


def of_molecules(references: pd.DataFrame, molecules: Iterable[str]) -> pd.DataFrame:
    """Return the references of molecules, under the names that these have here.

    Parameters
    ----------
    references
        See `hpcmlff.report.reference.reading.table`.
    molecules
        Names; capitals, ``-`` and ``_`` make no difference.
    """
    names = {_plain(name): name for name in molecules}
    known = references["molecule"].map(_plain).map(names)
    return references.assign(molecule=known)[known.notna()].reset_index(drop=True)


def beside(rows: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """Return each mean error with what others reported for as many training frames.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    references
        See `hpcmlff.report.reference.reading.table`.

    Returns
    -------
    DataFrame
        One row for each mean and reference of the same molecule, model, size and metric;
        ``times_lower`` is ``value / mean``.

    Raises
    ------
    ValueError
        A column of the rows is missing.
    """
    means = learning_table(rows)
    means = means[means["n_done"] > 0]
    theirs = of_molecules(references, set(means["molecule"]))
    if means.empty or theirs.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = means.merge(theirs, on=["molecule", "model", "size", "metric"], sort=False)
    return found.assign(times_lower=found["value"] / found["mean"])[list(COLUMNS)]


def beside_lines(table: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Return heading and lines of the table that people read.

    Parameters
    ----------
    table
        What `beside` returned.

    Returns
    -------
    head
        Names of the columns: molecule, model, error, source, training frames.
    lines
        Entries such as ``1.31, theirs 6.15: 4.7 times lower``.
    """
    sizes = sorted(set(table["size"].tolist()))
    keys = ["molecule", "model", "variant", "metric", "label"]
    lines = []
    for (molecule, model, variant, metric, label), own in table.groupby(keys, sort=False):
        entries = {line["size"]: _entry(line) for line in own.to_dict("records")}
        names = [str(molecule), series_name(str(model), str(variant)), heading(str(metric))]
        lines.append([*names, str(label), *(entries.get(size, "") for size in sizes)])
    return ["molecule", "model", "error", "beside", *map(str, sizes)], lines


def _entry(line: Mapping[Any, Any]) -> str:
    ours, theirs, times = line["mean"], line["value"], line["times_lower"]
    return f"{ours:.3g}, theirs {theirs:.3g}: {_times(float(times))}"


def _times(lower: float) -> str:
    return f"{lower:.2g} times lower" if lower >= 1 else f"{1 / lower:.2g} times higher"


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")

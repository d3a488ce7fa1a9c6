"""The table in the manner of a paper: models by training frames, of one molecule and error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpcmlff.report.labels import LABELS
from hpcmlff.report.summary import learning_table, series_name
from hpcmlff.report.wording import TABLE_METRICS, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEADING = ("molecule", "error", "unit", "model", "settings")


def pivot(table: pd.DataFrame) -> tuple[list[int], list[tuple[str, list[str]]]]:
    """Turn the learning table of one molecule and one metric into lines of a table.

    Returns
    -------
    sizes
        The columns.
    lines
        Name of each model and variant, and its entry for each size; empty where the
        grid has no such cell.
    """
    sizes = sorted({int(size) for size in table["size"]})
    entries: dict[str, dict[int, str]] = {}
    for line in table.to_dict("records"):
        name = series_name(str(line["model"]), str(line["variant"]))
        entries.setdefault(name, {})[int(line["size"])] = entry(line)
    return sizes, [(name, [own.get(s, "") for s in sizes]) for name, own in entries.items()]


def paper_tables(rows: pd.DataFrame) -> Iterator[tuple[str, list[tuple[str, pd.DataFrame]]]]:
    """Yield each molecule with its part of the learning table for each of the four errors."""
    for molecule, part in learning_table(rows).groupby("molecule", sort=False):
        yield str(molecule), [(m, part[part["metric"] == m]) for m in TABLE_METRICS]


def wide_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table of numbers behind the tables of a paper.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Returns
    -------
    DataFrame
        One row per molecule, error, model and settings. For each number of training frames
        N columns ``nN mean`` and ``nN spread`` (sample standard deviation over seeds; both
        empty where no seed is done) and ``nN cells`` (all its cells by state).

    Raises
    ------
    ValueError
        A column is missing.
    """
    lines = [
        _line(molecule, metric, group)
        for molecule, metrics in paper_tables(rows)
        for metric, part in metrics
        for _, group in part.groupby(["model", "variant"], sort=False)
    ]
    sizes = sorted({int(size) for size in rows["size"]}) if len(rows) else []
    columns = [f"n{size} {what}" for size in sizes for what in ("mean", "spread", "cells")]
    return pd.DataFrame(lines, columns=[*_LEADING, *columns])


def _line(molecule: str, metric: str, group: pd.DataFrame) -> dict[str, object]:
    first, label = group.iloc[0], LABELS[metric]
    names = (molecule, label.name, label.unit, first["model"], first["variant"])
    line: dict[str, object] = dict(zip(_LEADING, names, strict=True))
    for one in group.to_dict("records"):
        line[f"n{one['size']} mean"] = one["mean"]
        line[f"n{one['size']} spread"] = one["spread"]
        line[f"n{one['size']} cells"] = one["states"]
    return line

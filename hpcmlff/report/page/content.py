"""What stands on the page, made ready for its template; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.report.costs import hours as hours_in_words
from hpcmlff.report.labels import LABELS
from hpcmlff.report.rows import is_missing, shown
from hpcmlff.report.summary import learning_table, series_name
from hpcmlff.report.wide import paper_tables, pivot
from hpcmlff.report.wording import PAPER_METRICS, entry
from hpcmlff.spec.cells import SHORT_ID

if TYPE_CHECKING:
    import pandas as pd

_CELL_COLUMNS = (
    "model",
    "molecule",
    "size",
    "seed",
    "state",
    "force_rmse_kcal_mol_ang",
    "force_mae_kcal_mol_ang",
    "energy_rmse_kcal_mol",
    "energy_mae_kcal_mol",
    "energy_bias_kcal_mol",
    "findings",
    "core_h",
    "lost_core_h",
    "attempts",
    "cell_id",
    "reason",
)
"""Columns of the table of all cells, hyperparameters apart."""

_TEXTS = frozenset({"model", "molecule", "state", "cell_id", "findings", "reason"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One place of a table."""

    text: str
    """What is shown."""
    value: str = ""
    """What it is sorted by, where that is another text; a number as JSON writes it."""
    mark: str = ""
    """``best``, ``part`` (seeds are missing) or ``gap`` (nothing is done)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table."""

    heading: str
    """What it shows, with its unit."""
    columns: tuple[tuple[str, str], ...]
    """Headings of the columns, and their units."""
    numeric: tuple[bool, ...]
    """Which columns hold numbers."""
    lines: tuple[tuple[Entry, ...], ...]
    """Its lines."""


def error_tables(rows: pd.DataFrame) -> dict[str, list[Table]]:
    """Return, for each molecule, the tables in the manner of a paper.

    Raises
    ------
    ValueError
        A column is missing.
    """
    return {
        molecule: [_error_table(metric, part) for metric, part in metrics]
        for molecule, metrics in paper_tables(rows)
    }


def _error_table(metric: str, part: pd.DataFrame) -> Table:
    sizes, _ = pivot(part)
    lines: dict[str, dict[int, Entry]] = {}
    lowest = part.groupby("size")["mean"].min().to_dict()
    several = part.groupby("size")["mean"].count().to_dict()
    for line in part.to_dict("records"):
        size, name = int(line["size"]), series_name(str(line["model"]), str(line["variant"]))
        best = several[size] > 1 and line["mean"] == lowest[size]
        lines.setdefault(name, {})[size] = _error(line, best=best)
    return Table(
        heading=LABELS[metric].heading,
        columns=(("model", ""), *((str(size), "") for size in sizes)),
        numeric=(False, *(True for _ in sizes)),
        lines=tuple(
            (Entry(text=name), *(own.get(size, Entry(text="")) for size in sizes))
            for name, own in lines.items()
        ),
    )


def _error(line: Mapping[Any, Any], *, best: bool) -> Entry:
    if not line["n_done"]:
        return Entry(text=entry(line), mark="gap")
    part = "part" if line["n_done"] < line["n_all"] else ""
    return Entry(text=entry(line), value=repr(float(line["mean"])), mark="best" if best else part)


def cell_table(cells: pd.DataFrame, hyperparameters: Sequence[str]) -> Table:
    """Return the table of all cells.

    Parameters
    ----------
    cells
        Tidy rows.
    hyperparameters
        Those of its columns that are hyperparameters.
    """
    known = [name for name in _CELL_COLUMNS if name in cells.columns]
    names = [*known[:1], *hyperparameters, *known[1:]]
    records = cells[names].to_dict("records")
    return Table(
        heading="All cells",
        columns=tuple(_heading(name) for name in names),
        numeric=tuple(name not in _TEXTS for name in names),
        lines=tuple(tuple(_cell(name, record[name]) for name in names) for record in records),
    )


def glance(rows: pd.DataFrame, costs: pd.DataFrame) -> Table:
    """Return, for each molecule and model, the errors with the most training frames.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    costs
        See `hpcmlff.report.costs.cost_table`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    table = learning_table(rows)
    done = table[table["n_done"] > 0]
    places = done.groupby(["molecule", "model", "variant"], sort=False)["size"].transform("max")
    chosen = done[done["size"] == places]
    hours = {(one["molecule"], one["series"]): one for one in costs.to_dict("records")}
    lines = []
    for (molecule, model, variant), group in chosen.groupby(
        ["molecule", "model", "variant"], sort=False
    ):
        name = series_name(str(model), str(variant))
        by_metric = {line["metric"]: line for line in group.to_dict("records")}
        found = [_error(by_metric[metric], best=False) for metric in PAPER_METRICS]
        size = str(group["size"].iloc[0])
        paid = _hours(hours.get((molecule, name)))
        lines.append((Entry(text=str(molecule)), Entry(text=name), Entry(text=size), *found, paid))
    return Table(
        heading="Test errors with the most training frames",
        columns=(
            ("molecule", ""),
            ("model", ""),
            ("training frames", ""),
            *(_heading(metric) for metric in PAPER_METRICS),
            ("core-hours", "a cell"),
        ),
        numeric=(False, False, True, True, True, True),
        lines=tuple(lines),
    )


def _hours(cost: Mapping[Any, Any] | None) -> Entry:
    if not cost or not cost["n_done"]:
        return Entry(text="–")
    value = cost["useful_core_h"] / cost["n_done"]
    return Entry(text=hours_in_words(value), value=repr(float(value)))


def _heading(name: str) -> tuple[str, str]:
    return (LABELS[name].name, LABELS[name].unit) if name in LABELS else (name, "")


def _cell(name: str, value: Any) -> Entry:
    if is_missing(value):
        return Entry(text="")
    if name == "cell_id":
        return Entry(text=str(value)[:SHORT_ID])
    if isinstance(value, float) and name in LABELS:
        return Entry(text=f"{value:.4g}", value=repr(value))
    return Entry(text=shown(value))

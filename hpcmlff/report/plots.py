"""Which figures there are, and what each is drawn from; nothing is drawn here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpcmlff import __version__
from hpcmlff.report.labels import SPREAD
from hpcmlff.report.plot_data import (
    Points,
    by_resource,
    cost_points,
    element_errors,
    parity_points,
    with_places,
)
from hpcmlff.report.rows import series_of, with_variant
from hpcmlff.report.styles import series_styles
from hpcmlff.report.summary import learning_table, scored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hpcmlff.evidence.columns import Evidence
    from hpcmlff.report.styles import SeriesStyle

    Styles = dict[tuple[str, str], SeriesStyle]

FIGURE_FORMAT = 1
"""Raised when equal input is drawn in another way; older files are drawn anew."""

ERRORS = {
    "rmse": ("energy_rmse_kcal_mol", "force_rmse_kcal_mol_ang"),
    "mae": ("energy_mae_kcal_mol", "force_mae_kcal_mol_ang"),
}
"""Name of a figure of learning curves, a part of its file names, to the errors of its panels."""

_DRAWN = ["model", "variant", "size", "seed", "state"]


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One figure that can be drawn."""

    stem: str
    """File name without its ending."""
    kind: str
    """What it shows: ``learning``, ``parity``, ``cost``, ``elements`` or ``efficiency``."""
    molecule: str
    """Of which molecule; empty for all."""
    title: str
    """What stands above it, and for who cannot see it."""
    caption: str
    """What has to be known to read it."""
    inputs: tuple[Any, ...]
    """All it is drawn from: tables, arrays, texts."""
    draw: Callable[[], Figure]
    """Draws it; imports matplotlib."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all it is drawn from and by; equal ones give equal files."""
        hasher = hashlib.sha256()
        by = (FIGURE_FORMAT, __version__, version("matplotlib"), self.stem, self.title)
        for one in (*by, *self.inputs):
            hasher.update(_bytes(one) + b"\0")
        return hasher.hexdigest()


def learning_curves(rows: pd.DataFrame) -> Iterator[Plot]:
    """Return errors against training frames, of every molecule that has a scored cell.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells, table = with_variant(rows), learning_table(rows)
    styles = series_styles(series_of(rows))
    for molecule, own in cells.groupby("molecule", sort=False):
        lines = table[table["molecule"] == molecule]
        for name in ERRORS if (lines["n_done"] > 0).any() else ():
            yield _learning_curve(str(molecule), name, own, lines, styles)


def _learning_curve(
    molecule: str, name: str, cells: pd.DataFrame, lines: pd.DataFrame, styles: Styles
) -> Plot:
    cells = cells[[*_DRAWN, *ERRORS[name]]]
    lines = lines[lines["metric"].isin(ERRORS[name])]
    title = f"{molecule}: test errors, mean and {SPREAD}"

    def draw() -> Figure:
        from hpcmlff.report.curves import figure

        return figure(title, ERRORS[name], cells, lines, styles)

    return Plot(
        stem=f"learning_curves_{molecule}_{name}",
        kind="learning",
        molecule=molecule,
        title=title,
        caption="Lines join means over seeds, bars are their spread, dots are single seeds. Open"
        " marks at the top edge count cells that have no result: squares failed, circles are not"
        " done.",
        inputs=(cells, lines, repr(styles)),
        draw=draw,
    )


def all_plots(rows: pd.DataFrame, evidence: Evidence, places: pd.Series[int]) -> list[Plot]:
    """Return all figures that can be drawn of what is there.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    evidence
        What was gathered of finished cells.
    places
        By ``cell_id``, each finished cell's place in it.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells, styles = with_places(rows, places), series_styles(series_of(rows))
    found = list(learning_curves(rows))
    for molecule, own in cells.groupby("molecule", sort=False):
        done = own[scored(own, "force_rmse_kcal_mol_ang")]
        found += _of_molecule(str(molecule), done, evidence, styles)
    return [*found, *_efficiency(rows)]


def _of_molecule(
    molecule: str, done: pd.DataFrame, evidence: Evidence, styles: Styles
) -> Iterator[Plot]:
    if points := parity_points(done, evidence):
        yield _parity(molecule, points, styles)
    if len(errors := element_errors(done, evidence)):
        yield _elements(molecule, errors, styles)
    for resource, chosen in by_resource(done):
        yield _cost(molecule, resource, cost_points(chosen, resource), styles)


def _parity(molecule: str, points: list[Points], styles: Styles) -> Plot:
    title = f"{molecule}: predictions against reference, largest training set"

    def draw() -> Figure:
        from hpcmlff.report.parity import figure

        return figure(title, points, styles)

    return Plot(
        stem=f"parity_{molecule}",
        kind="parity",
        molecule=molecule,
        title=title,
        caption="Test energies of the whole molecule less their mean, and force components, of all"
        " seeds: the worst of each cell and every so many of the others. RMSE and bias (mean"
        " signed error) are those of all test frames.",
        inputs=(*(one for each in points for one in each.inputs()), repr(styles)),
        draw=draw,
    )


def _elements(molecule: str, errors: pd.DataFrame, styles: Styles) -> Plot:
    title = f"{molecule}: force RMSE by element, largest training set"

    def draw() -> Figure:
        from hpcmlff.report.elements import figure

        return figure(title, errors, styles)

    return Plot(
        stem=f"elements_{molecule}",
        kind="elements",
        molecule=molecule,
        title=title,
        caption=f"Force components on the atoms of each element; mean and {SPREAD}.",
        inputs=(errors, repr(styles)),
        draw=draw,
    )


def _cost(molecule: str, resource: str, points: pd.DataFrame, styles: Styles) -> Plot:
    title = f"{molecule}: test errors against {resource}-hours of a training"

    def draw() -> Figure:
        from hpcmlff.report.against_cost import figure

        return figure(title, resource, points, styles)

    return Plot(
        stem=f"{resource.lower()}_hours_{molecule}",
        kind="cost",
        molecule=molecule,
        title=title,
        caption="Each dot is a cell; lines join means over seeds, numbers are training frames."
        " Hours are those that led to the result, without what was lost.",
        inputs=(points, repr(styles)),
        draw=draw,
    )


def _efficiency(rows: pd.DataFrame) -> Iterator[Plot]:
    from hpcmlff.report.costs import cost_table

    table, title = cost_table(rows), "what core-hours went into"

    def draw() -> Figure:
        from hpcmlff.report.efficiency import figure

        return figure(title, table)

    if len(table):
        yield Plot(
            stem="efficiency",
            kind="efficiency",
            molecule="",
            title=title,
            caption="Busy: CPU time of finished cells. Idle: their cores' other time. Lost: what"
            " attempts that were killed, preempted or failed did after their last checkpoint.",
            inputs=(table,),
            draw=draw,
        )


def _bytes(one: Any) -> bytes:
    if isinstance(one, pd.DataFrame):
        hashes = pd.util.hash_pandas_object(one, index=False)
        return repr(list(one.columns)).encode() + hashes.to_numpy().tobytes()
    return one.tobytes() if isinstance(one, np.ndarray) else str(one).encode()

"""Which figures there are of predictions and costs; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcmlff.report.costs import cost_table
from hpcmlff.report.labels import SPREAD
from hpcmlff.report.learning_plots import learning_curves
from hpcmlff.report.plot import Plot
from hpcmlff.report.plot_data import (
    Points,
    by_resource,
    cost_points,
    element_errors,
    parity_points,
    with_places,
)
from hpcmlff.report.rows import series_of
from hpcmlff.report.styles import Styles, series_styles
from hpcmlff.report.summary import scored

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from hpcmlff.evidence.columns import Evidence


def all_plots(
    rows: pd.DataFrame,
    evidence: Evidence,
    places: pd.Series[int],
    references: pd.DataFrame | None = None,
) -> list[Plot]:
    """Return all figures that can be drawn of what is there.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    evidence
        What was gathered of finished cells.
    places
        By ``cell_id``, each finished cell's place in it.
    references
        What others reported, see `hpcmlff.report.reference.reading.table`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells, styles = with_places(rows, places), series_styles(series_of(rows))
    found = list(learning_curves(rows, references))
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

"""What came of scans with trained models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hpcmlff.report.scans_plots import scans_plots
from hpcmlff.report.section import Section
from hpcmlff.report.simulated import place, short_label

_CAPTION = (
    "One coordinate is driven, everything else relaxed by the reference method unless set"
    " otherwise; models and reference are asked for the same geometries. The profile is the"
    " energies less that of the point lowest in the reference: its RMSE, its highest point by the"
    " model and by the reference. Errors of energies and forces are in scans.csv."
)

_HEADINGS = (
    ("cell", ""),
    ("coordinate", ""),
    ("RMSE", "kcal/mol"),
    ("barrier", "kcal/mol"),
    ("reference", "kcal/mol"),
)

_FOUND = (
    "coordinate",
    "reference",
    "relaxed",
    "n_points",
    "n_unsettled",
    "first_deg",
    "last_deg",
    "profile_rmse_kcal_mol",
    "profile_largest_kcal_mol",
    "energy_rmse_kcal_mol",
    "force_rmse_kcal_mol_ang",
    "barrier_kcal_mol",
    "reference_barrier_kcal_mol",
)
_PLACE = ("model", "molecule", "size", "seed")


def scans_section(summaries: Sequence[Mapping[str, Any]]) -> Section:
    """Return all that is to be shown of scans.

    Parameters
    ----------
    summaries
        What `hpcmlff.simulation.scan.run_scan` returned, or what was read of it.
    """
    rows = [_row(one) for one in summaries]
    return Section(
        name="scans",
        heading="Scans",
        caption=_CAPTION,
        columns=_HEADINGS,
        lines=[_line(row) for row in rows],
        bad=[row["n_unsettled"] > 0 for row in rows],
        table=pd.DataFrame(rows, columns=[*_PLACE, "cell_id", *_FOUND]),
        plots=list(scans_plots(summaries)),
    )


def _row(summary: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: summary[name] for name in _FOUND}
    return {**place(summary), "cell_id": summary["cell_id"], **own}


def _line(row: Mapping[str, Any]) -> list[str]:
    where = f"{row['coordinate']} {row['first_deg']:.0f} to {row['last_deg']:.0f}°"
    if row["n_unsettled"]:
        where += f", {row['n_unsettled']} not relaxed to the end"
    return [
        short_label(row),
        where,
        f"{row['profile_rmse_kcal_mol']:.3g}",
        f"{row['barrier_kcal_mol']:.2f}",
        f"{row['reference_barrier_kcal_mol']:.2f}",
    ]

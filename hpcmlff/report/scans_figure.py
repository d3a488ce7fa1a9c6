"""Energy along a coordinate, and what models are off the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from hpcmlff.report.saving import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from hpcmlff.report.styles import SeriesStyle

_PANEL_IN = 2.6
_REFERENCE: dict[str, Any] = {"color": "black", "lw": 1.4, "ls": ":"}


def figure(
    title: str, reference: str, curves: pd.DataFrame, styles: Mapping[str, SeriesStyle]
) -> Figure:
    """Draw one path.

    Parameters
    ----------
    title
        What stands above it.
    reference
        Name of the reference method.
    curves
        Columns ``values_deg reference_kcal_mol predicted_kcal_mol``, and of each scan ``model
        series``.
    styles
        Of every model.
    """
    scans = [(str(name), own) for name, own in curves.groupby("series", sort=False)]
    handles = [Line2D([], [], label=reference, **_REFERENCE)]
    for name, own in scans:
        colour = styles[str(own["model"].iloc[0])].colour
        handles.append(Line2D([], [], color=colour, lw=1.1, label=name))
    made = new_figure(_PANEL_IN, title, handles)
    profile, errors = made.subplots(1, 2)
    profile.set(xlabel="degrees", ylabel="energy (kcal/mol)")
    errors.set(xlabel="degrees", ylabel="energy off the reference (kcal/mol)")
    for name, own in scans:
        colour = styles[str(own["model"].iloc[0])].colour
        off = own["predicted_kcal_mol"] - own["reference_kcal_mol"]
        profile.plot(own["values_deg"], own["predicted_kcal_mol"], color=colour, lw=1.1)
        errors.plot(own["values_deg"], off, color=colour, lw=1.1, label=name)
    first = scans[0][1]
    profile.plot(first["values_deg"], first["reference_kcal_mol"], **_REFERENCE)
    errors.axhline(0.0, **_REFERENCE)
    return made

"""Which figures of dynamics there are; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpcmlff.report.plot import Plot
from hpcmlff.report.simulated import place, with_most_frames
from hpcmlff.report.styles import series_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def dynamics_plots(summaries: Sequence[Mapping[str, Any]]) -> Iterator[Plot]:
    """Return energy and temperature over time, one figure a molecule.

    Parameters
    ----------
    summaries
        Of all runs; of each model and thermostat one is shown.
    """
    runs = with_most_frames(summaries, _key)
    styles = series_styles([(model, "") for model in sorted({place(one)["model"] for one in runs})])
    for molecule, own in groupby(runs, key=lambda one: str(place(one)["molecule"])):
        curves = pd.concat([_curves(one) for one in own], ignore_index=True)
        yield _plot(molecule, curves, {model: style for (model, _), style in styles.items()})


def _key(summary: Mapping[str, Any]) -> tuple[str, ...]:
    where = place(summary)
    return where["molecule"], where["model"], summary["settings"]["thermostat"]


def _curves(summary: Mapping[str, Any]) -> pd.DataFrame:
    where, settings = place(summary), summary["settings"]
    name = (
        f"{where['model']} {where['size']}, {settings['thermostat']}"
        f" {settings['temperature_k']:g} K"
    )
    return pd.DataFrame(dict(summary["curves"])).assign(
        model=where["model"],
        thermostat=settings["thermostat"],
        series=name,
        broken_at_ps=float("nan") if summary["broken_at_ps"] is None else summary["broken_at_ps"],
    )


def _plot(molecule: str, curves: pd.DataFrame, styles: Mapping[str, Any]) -> Plot:
    title = f"{molecule}: dynamics with the models"

    def draw() -> Figure:
        from hpcmlff.report.dynamics_figure import figure

        return figure(title, curves, styles)

    return Plot(
        stem=f"dynamics_{molecule}",
        kind="dynamics",
        molecule=molecule,
        title=title,
        caption="Total energy above that of the first frame, and temperature. Of each model the"
        " run with the most training frames; dashed with a thermostat. A cross marks where a bond"
        " broke.",
        inputs=(curves, repr(sorted(styles.items()))),
        draw=draw,
    )

"""Which figures of scans there are; nothing is drawn here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpcmlff.report.plot import Plot
from hpcmlff.report.simulated import place, with_most_frames
from hpcmlff.report.styles import series_styles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scans_plots(summaries: Sequence[Mapping[str, Any]]) -> Iterator[Plot]:
    """Return the profiles and their errors, one figure a path.

    Parameters
    ----------
    summaries
        Of all scans; of each model and path one is shown.
    """
    scans = with_most_frames(summaries, _key)
    models = sorted({str(place(one)["model"]) for one in scans})
    styles = {model: style for (model, _), style in
              series_styles([(model, "") for model in models]).items()}  # fmt: skip
    for number, (_, own) in enumerate(groupby(scans, key=lambda one: _key(one)[:-1])):
        yield _plot(number, list(own), styles)


def _key(summary: Mapping[str, Any]) -> tuple[str, ...]:
    where, curves = place(summary), summary["curves"]
    # Equal references: the scans are of the same geometries.
    path = repr((curves["values_deg"], curves["reference_kcal_mol"]))
    return where["molecule"], summary["coordinate"], path, where["model"]


def _plot(number: int, scans: list[Mapping[str, Any]], styles: Mapping[str, Any]) -> Plot:
    molecule, coordinate = str(place(scans[0])["molecule"]), str(scans[0]["coordinate"])
    curves = pd.concat([_curves(one) for one in scans], ignore_index=True)
    title = f"{molecule}: {coordinate}"
    words = re.sub(r"[^A-Za-z0-9]+", "_", coordinate)

    def draw() -> Figure:
        from hpcmlff.report.scans_figure import figure

        return figure(title, str(scans[0]["reference"]), curves, styles)

    return Plot(
        stem=f"scan_{molecule}_{words}" + (f"_{number}" if number else ""),
        kind="scans",
        molecule=molecule,
        title=title,
        caption="Energies less that of the point lowest in the reference, and what the models are"
        " off it. Of each model the cell with the most training frames.",
        inputs=(curves, repr(sorted(styles.items()))),
        draw=draw,
    )


def _curves(summary: Mapping[str, Any]) -> pd.DataFrame:
    where = place(summary)
    series = f"{where['model']} {where['size']}"
    return pd.DataFrame(dict(summary["curves"])).assign(model=where["model"], series=series)

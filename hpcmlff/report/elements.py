"""Force errors on the atoms of each element."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase.data import chemical_symbols

from hpcmlff.report.labels import LABELS
from hpcmlff.report.legend import series_handles, styles_of
from hpcmlff.report.saving import new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from hpcmlff.report.styles import Styles

_HEIGHT_IN = 2.6
_GROUP = 0.8  # width that the bars of one element take


def figure(title: str, errors: pd.DataFrame, styles: Styles) -> Figure:
    """Draw one bar for each element, model and variant.

    Parameters
    ----------
    title
        What stands above it.
    errors
        See `hpcmlff.report.plot_data.element_errors`.
    styles
        Of every (model, variant).
    """
    own = styles_of(styles, zip(errors["model"], errors["variant"], strict=True))
    made = new_figure(_HEIGHT_IN, title, list(series_handles(own)))
    axes, numbers = made.subplots(), sorted(set(errors["number"]))
    width = _GROUP / len(own)
    for place, (pair, style) in enumerate(own.items()):
        chosen = (errors["model"] == pair[0]) & (errors["variant"] == pair[1])
        table = errors[chosen].set_index("number").reindex(numbers)
        at = np.arange(len(numbers)) + (place - (len(own) - 1) / 2) * width
        axes.bar(at, table["mean"], 0.9 * width, color=style.colour, zorder=2)
        axes.errorbar(
            at, table["mean"], yerr=table["spread"].fillna(0.0), ls="", color="black",
            elinewidth=0.8, capsize=1.5, capthick=0.8, zorder=3,
        )  # fmt: skip
    axes.set_xticks(range(len(numbers)), [chemical_symbols[number] for number in numbers])
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel(LABELS["force_rmse_kcal_mol_ang"].heading)
    return made

"""How plots look: fonts, sizes, and one colour and marker per model and variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RC: dict[str, Any] = {
    "axes.grid": True,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.titlesize": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same bytes on every machine
    "font.size": 8,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "legend.fontsize": 7,
    "svg.fonttype": "none",
    "svg.hashsalt": "hpcmlff",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}
"""Settings of matplotlib, on top of its defaults; the user's own do not count."""

# Okabe and Ito, Color Universal Design (2008), the yellow left out: too light on paper.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
_MARKERS = ("o", "s", "^", "D", "v", "p", "<", ">")
_LINES = ("-", "--", ":", "-.")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesStyle:
    """How one model and variant is drawn, in every figure."""

    colour: str
    """Hexadecimal colour."""
    marker: str
    """Marker of the mean."""
    line: str
    """Line style; solid for the first eight."""


Styles = Mapping[tuple[str, str], SeriesStyle]
"""How each (model, variant) is drawn."""


def series_styles(series: Sequence[tuple[str, str]]) -> Styles:
    """Give each pair (model, variant) its style, by its place in the list."""
    return {
        pair: SeriesStyle(
            colour=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            line=_LINES[number // len(_COLOURS) % len(_LINES)],
        )
        for number, pair in enumerate(series)
    }

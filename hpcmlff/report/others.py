"""What others reported, drawn into learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from matplotlib.axes import Axes

    from hpcmlff.report.styles import Styles

_LOOK: dict[str, Any] = {"marker": "D", "ms": 3.5, "mfc": "white", "mew": 0.8, "lw": 0.9}
_LINES = (":", "--", "-.")
_OF_NO_SERIES = ("0.45", "0.6", "0.3", "0.7")


def others_handles(others: pd.DataFrame, styles: Styles) -> Iterator[Line2D]:
    """Yield one legend entry for each model of each source."""
    for (label, model), look in _looks(others, styles).items():
        yield Line2D([], [], label=f"{model}, {label}", **look)


def draw_others(axes: Axes, others: pd.DataFrame, styles: Styles) -> None:
    """Draw what others reported into a panel.

    Parameters
    ----------
    axes
        A panel whose own series are drawn.
    others
        Lines ``label model molecule size metric value`` of one molecule and metric.
    styles
        Of every (model, variant) of the molecule; the same models get their colours.
    """
    for (label, model), look in _looks(others, styles).items():
        own = others[(others["label"] == label) & (others["model"] == model)].sort_values("size")
        axes.plot(own["size"], own["value"], zorder=2.5, **look)


def _looks(others: pd.DataFrame, styles: Styles) -> dict[tuple[str, str], dict[str, Any]]:
    colours = {model: style.colour for (model, _), style in reversed(list(styles.items()))}
    sources = list(dict.fromkeys(others["label"]))
    pairs = list(dict.fromkeys(zip(others["label"], others["model"], strict=True)))
    strange = [model for _, model in pairs if model not in colours]
    for number, model in enumerate(dict.fromkeys(strange)):
        colours[model] = _OF_NO_SERIES[number % len(_OF_NO_SERIES)]
    return {
        (label, model): {
            "color": colours[model],
            "ls": _LINES[sources.index(label) % len(_LINES)],
            **_LOOK,
        }
        for label, model in pairs
    }

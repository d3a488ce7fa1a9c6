"""Legend entries of models and variants, the same in all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from hpcmlff.report.summary import series_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hpcmlff.report.styles import Styles


def series_handles(styles: Styles) -> Iterator[Line2D]:
    """Yield one entry for each (model, variant)."""
    for pair, style in styles.items():
        yield Line2D(
            [], [], color=style.colour, ls=style.line, marker=style.marker, ms=4, lw=1.1,
            mec="white", mew=0.4, label=series_name(*pair),
        )  # fmt: skip


def styles_of(styles: Styles, pairs: Iterable[tuple[str, str]]) -> Styles:
    """Return the styles of these (model, variant) only, in the styles' own order."""
    wanted = set(pairs)
    return {pair: style for pair, style in styles.items() if pair in wanted}

"""What came of dynamics, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.report.dynamics import CAPTION, HEADINGS, dynamics_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import RenderableType

_N_TEXTS = 2


def render_dynamics(table: pd.DataFrame) -> Iterator[RenderableType]:
    """Yield a table of all runs and what its columns are; nothing if there is no run.

    Parameters
    ----------
    table
        See `hpcmlff.report.dynamics.dynamics_table`.
    """
    if not len(table):
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1),
                  collapse_padding=True, title="Dynamics",
                  title_justify="left", title_style="bold")  # fmt: skip
    for number, (name, unit) in enumerate(HEADINGS):
        heading = Text(f"{name}\n{unit}" if unit else name)
        shown.add_column(
            heading, no_wrap=not number, justify="left" if number < _N_TEXTS else "right"
        )
    whole = (table["outcome"] == "done") & (table["n_broken"] == 0)
    for line, is_whole in zip(dynamics_lines(table), whole, strict=True):
        shown.add_row(*(Text(text) for text in line), style="" if is_whole else "red")
    yield shown
    yield Text(CAPTION)

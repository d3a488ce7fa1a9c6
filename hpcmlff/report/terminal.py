"""The summary of all results for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.report.labels import LABELS, SPREAD
from hpcmlff.report.rows import with_variant
from hpcmlff.report.summary import learning_table, state_counts
from hpcmlff.report.wide import pivot
from hpcmlff.report.wording import PAPER_METRICS, progress, unfinished
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderableType

_GAP = 2
_NARROWEST_ENTRY = 11
_NARROWEST_NAME = 12
_WIDEST_NAME = 32


class Summary:
    """What `render_table` returns: lays itself out for the width it is given."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._cells = with_variant(rows)
        self._table = learning_table(rows)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the tables, then what is not done."""
        del console
        for molecule, part in self._table.groupby("molecule", sort=False):
            for metric in PAPER_METRICS:
                title = f"{molecule}: {LABELS[metric].heading}"
                yield from _tables(title, part[part["metric"] == metric], options.max_width)
        yield Text(f"Columns: training frames. Entries: mean ± {SPREAD}.")
        yield from _unfinished(self._cells)


def render_table(rows: pd.DataFrame) -> Summary:
    """Sum up all results for the terminal.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Returns
    -------
    Summary
        A rich renderable: per molecule and error a table of models by sizes, split
        where the terminal is too narrow, then how many cells are done and which are not.

    Raises
    ------
    ValueError
        A column is missing.
    """
    return Summary(rows)


def _tables(title: str, part: pd.DataFrame, width: int) -> Iterator[RenderableType]:
    sizes, lines = pivot(part)
    name_width, share = _layout(lines, len(sizes), width)
    for first in range(0, len(sizes), share):
        chosen = slice(first, first + share)
        shown = title if first == 0 else f"{title}, continued"
        yield Text(shown, style="bold")
        own = [(name, entries[chosen]) for name, entries in lines]
        yield _table(sizes[chosen], own, name_width)
        yield Text("")


def _layout(
    lines: Sequence[tuple[str, Sequence[str]]], n_sizes: int, width: int
) -> tuple[int, int]:
    """Return the width of the names and the number of sizes that stand side by side."""
    # The number of seeds and a state may go to a second line, a number may not.
    numbers = [text.split(" (")[0] for _, entries in lines for text in entries if "–" not in text]
    column = max([_NARROWEST_ENTRY, *map(len, numbers)]) + _GAP
    longest = min(_WIDEST_NAME, max(len(name) for name in ("model", *dict(lines))))
    name_width = min(longest, max(_NARROWEST_NAME, width - n_sizes * column))
    return name_width, max(1, (width - name_width) // column)


def _table(
    sizes: Sequence[int], lines: Sequence[tuple[str, Sequence[str]]], name_width: int
) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1), collapse_padding=True
    )
    table.add_column("model", width=name_width, overflow="fold")
    for size in sizes:
        table.add_column(str(size), justify="right", min_width=_NARROWEST_ENTRY)
    for name, entries in lines:
        table.add_row(Text(name), *(Text(text, style=_style(text)) for text in entries))
    return table


def _style(text: str) -> str:
    if "failed" in text:
        return "red"
    return "dim" if "–" in text else ""


def _unfinished(cells: pd.DataFrame) -> Iterator[Text]:
    yield Text(f"{progress(cells)}.")
    for state in state_counts(cells["state"]):
        if state != CellState.DONE:
            style = "red" if state == CellState.FAILED else ""
            yield Text(f"{state}: {unfinished(cells, state)}", style=style)

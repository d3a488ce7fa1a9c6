"""Where all cells stand, on one page."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.console import plural
from hpcmlff.reconcile import counted
from hpcmlff.spec.states import CellState
from hpcmlff.spec.variants import short_names
from hpcmlff.views.marks import MARKS, STYLES
from hpcmlff.views.matrix import Matrix
from hpcmlff.views.running import running_table

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console, ConsoleOptions, RenderableType

    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.cells import Cell

MOST_RUNNING = 15
"""Running cells that are shown; of more than this only a number."""

_REASONS = 5
"""Reasons that are told, for each state."""

_NAMED = 3
"""Cells that are named for each reason to have stopped or failed."""


def heading(store: Path, standings: Sequence[Standing], of: int) -> str:
    """Return the store and the counts of all states in one line.

    Parameters
    ----------
    store
        Its folder.
    standings
        The cells that are meant.
    of
        Number of all cells.
    """
    number = f"{len(standings)}" if len(standings) == of else f"{len(standings)} of {of}"
    states = counted(standings)
    unasked = sum(one.unasked for one in standings)
    lines = [f"{store}: {number} cells" + (f": {states}" if states else "")]
    if unasked:
        lines.append(f"the scheduler could not be asked about {plural(unasked, 'cell')}")
    return "\n".join(lines)


class Overview:
    """Counts by model, the matrix of all cells, those that run, and why others do not.

    Parameters
    ----------
    standings
        The cells that are meant.
    cells
        All cells of the grid, for names that are short and still mean one cell.
    """

    def __init__(self, standings: Sequence[Standing], cells: Sequence[Cell]) -> None:
        self._standings = standings
        self._names = short_names(cells)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield the parts that there is something to say in."""
        del console, options
        if not self._standings:
            return
        yield from (counts_table(self._standings), "", Matrix(self._standings))
        running = [one for one in self._standings if one.state is CellState.RUNNING]
        if running:
            yield ""
            yield running_table(running[:MOST_RUNNING], self._names, time.time())
        if len(running) > MOST_RUNNING:
            yield Text(f"and {len(running) - MOST_RUNNING:,} more; --all lists every cell")
        for state in (CellState.STOPPED, CellState.FAILED):
            yield from _reasons(self._standings, state, self._names)


def counts_table(standings: Sequence[Standing]) -> Table:
    """Return how many cells of each model are in each state; empty columns are left out."""
    number = Counter((one.cell.model, one.state) for one in standings)
    states = [state for state in MARKS if any(one.state is state for one in standings)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("model", overflow="fold")
    for name in (*(state.value for state in states), "all"):
        table.add_column(name, justify="right", no_wrap=True)
    models = list(dict.fromkeys(one.cell.model for one in standings))
    for model in models:
        own = [number[model, state] for state in states]
        table.add_row(Text(model), *map(_figure, own, states), f"{sum(own):,}")
    if len(models) > 1:
        total = [sum(number[model, state] for model in models) for state in states]
        table.add_row("all", *map(_figure, total, states), f"{len(standings):,}")
    return table


def _figure(number: int, state: CellState) -> Text:
    return Text(f"{number:,}" if number else "", style=STYLES[state])


def _reasons(
    standings: Sequence[Standing], state: CellState, names: Mapping[str, str]
) -> Iterator[RenderableType]:
    found: dict[str, list[Standing]] = {}
    for one in standings:
        if one.state is state:
            found.setdefault(_cause(one) or one.reason, []).append(one)
    for group in list(found.values())[:_REASONS]:
        cells = [names[one.cell.id] for one in group]
        more = f" and {len(cells) - _NAMED:,} more" if len(cells) > _NAMED else ""
        yield ""
        yield Text(f"{plural(len(group), 'cell')} {state.value}{_why(group)}", style=STYLES[state])
        yield Text(f"  {', '.join(cells[:_NAMED])}{more}")
    if len(found) > _REASONS:
        rest = sum(map(len, list(found.values())[_REASONS:]))
        yield Text(f"{plural(rest, 'cell')} more {state.value}; --all tells why each")


def _cause(one: Standing) -> str:
    return "" if one.diagnosis is None else one.diagnosis.cause.value


def _why(group: Sequence[Standing]) -> str:
    """Return the cause that these have in common, and the reason of the first one."""
    cause = _cause(group[0])
    alike = len({one.reason for one in group}) == 1
    return f"{f' ({cause})' if cause else ''}{': ' if alike else ', such as: '}{group[0].reason}"

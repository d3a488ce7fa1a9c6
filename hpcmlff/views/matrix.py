"""All cells at a glance: models and molecules by sizes, one mark for each seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from hpcmlff.spec.variants import variant, varied
from hpcmlff.views.marks import MARKS, STYLES, legend, tally

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.states import CellState

MOST_SEEDS = 10
"""Of more seeds than this the numbers are told instead of a mark for each."""

MOST_ROWS = 24
"""With more rows than this the variants of a model share one."""

_HEADING = "training frames"
_GAP, _WIDEST_NAME, _NARROWEST_NAME, _NARROWEST_ENTRY = 2, 34, 8, 5

Entry = Mapping[int, "CellState"]
"""Seed to state; of several variants the seeds are counted up."""


class Matrix:
    """Lays itself out for the width it is given.

    Parameters
    ----------
    standings
        The cells; not empty.
    """

    def __init__(self, standings: Sequence[Standing]) -> None:
        self._rows = _rows(standings)
        self._sizes = sorted({one.cell.size for one in standings})
        self._seeds = sorted({one.cell.seed for one in standings})
        self._states = {one.state for one in standings}
        most = max(len(entry) for row in self._rows.values() for entry in row.values())
        self._marked = max(most, len(self._seeds)) <= MOST_SEEDS

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Yield tables of as many sizes as fit side by side, then the meaning of the marks."""
        del console
        shown = dict(list(self._rows.items())[:MOST_ROWS])
        column = self._column(shown)
        room = max(_NARROWEST_NAME, options.max_width - column)
        name_width = min(_WIDEST_NAME, room, max(map(len, [*shown, _HEADING])))
        share = max(1, (options.max_width - name_width) // column)
        for first in range(0, len(self._sizes), share):
            yield self._table(shown, self._sizes[first : first + share], name_width)
            yield ""
        if len(self._rows) > len(shown):
            yield Text(f"and {len(self._rows) - len(shown)} rows more; a pattern chooses")
        seeds = f"seeds {', '.join(map(str, self._seeds))}\n" if self._marked else ""
        yield Text(f"{seeds}{legend(self._states)}", style="dim")

    def _column(self, rows: Mapping[str, Mapping[int, Entry]]) -> int:
        entries = [self._entry(entry) for row in rows.values() for entry in row.values()]
        return max(_NARROWEST_ENTRY, *(len(entry) for entry in entries)) + _GAP

    def _table(
        self, rows: Mapping[str, Mapping[int, Entry]], sizes: Sequence[int], name_width: int
    ) -> Table:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        table.add_column(_HEADING, width=name_width, overflow="fold")
        for size in sizes:
            table.add_column(str(size), min_width=_NARROWEST_ENTRY, no_wrap=True)
        for name, row in rows.items():
            table.add_row(Text(name), *(self._entry(row.get(size, {})) for size in sizes))
        return table

    def _entry(self, entry: Entry) -> Text:
        if not self._marked:
            return Text(tally(entry.values()) if entry else "")
        text = Text()
        for seed in self._seeds:
            state = entry.get(seed)
            text.append(MARKS[state] if state else " ", STYLES[state] if state else "")
        return text


def _rows(standings: Sequence[Standing]) -> dict[str, dict[int, dict[int, CellState]]]:
    names = varied(one.cell for one in standings)
    kinds = dict.fromkeys((one.cell.model, one.cell.molecule) for one in standings)
    place = {kind: number for number, kind in enumerate(kinds)}
    ordered = sorted(standings, key=lambda one: place[one.cell.model, one.cell.molecule])
    named = [(_name(one, variant(one.cell, names)), one) for one in ordered]
    if len({name for name, _ in named}) > MOST_ROWS:
        named = [(_name(one, ""), one) for one in ordered]
    rows: dict[str, dict[int, dict[int, CellState]]] = {}
    for name, one in named:
        entry = rows.setdefault(name, {}).setdefault(one.cell.size, {})
        # Where variants share a row, seeds are no names any more.
        key = one.cell.seed if one.cell.seed not in entry else -1 - len(entry)
        entry[key] = one.state
    return rows


def _name(standing: Standing, own: str) -> str:
    name = f"{standing.cell.model}/{standing.cell.molecule}"
    return f"{name} {own}" if own else name

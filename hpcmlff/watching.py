"""Drawing again and again where cells stand, gently: for the scheduler, the disk, the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hpcmlff import console
from hpcmlff.choosing import chosen
from hpcmlff.spec.profile import profile_from
from hpcmlff.views.overview import Overview, heading
from hpcmlff.waiting import BUSY

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.selection import Selection
    from hpcmlff.store.store import Store

LEAST_S = 2.0
"""Shortest time between two pages, for terminals far away."""

_SHARE = 4
"""Looking may take a fourth of the time at most: a large store is looked at less often."""


def watch(store: Store, cells: Sequence[Cell], named: Selection) -> list[Standing]:
    """Draw a page whenever it is time, until no job has any of the cells.

    Parameters
    ----------
    store
        The store.
    cells
        The cells of its grid.
    named
        Those that are meant.

    Returns
    -------
    list of Standing
        Where they stand in the end.
    """
    interval_s = max(LEAST_S, _poll_interval_s(store))
    with _pages() as draw:
        while True:
            began = time.monotonic()
            standings = chosen(store, cells, named)
            draw(_page(store, cells, standings))
            if not any(one.state in BUSY for one in standings):
                return standings
            took_s = time.monotonic() - began
            time.sleep(max(interval_s, _SHARE * took_s) - took_s)


def _poll_interval_s(store: Store) -> float:
    # Who may only read the store cannot keep the scheduler's answer there for the next look.
    profiles = [profile_from(record.profile) for record in store.ledger.open_records()]
    return max((one.poll_interval for one in profiles), default=0)


def _page(store: Store, cells: Sequence[Cell], standings: Sequence[Standing]) -> RenderableType:
    from rich.console import Group

    title = f"{time.strftime('%H:%M:%S')}  {heading(store.path, standings, len(cells))}"
    return Group(title, Overview(standings, cells))


@contextmanager
def _pages() -> Iterator[Callable[[RenderableType], None]]:
    """Give what draws a page in the place of the last one; below it where there is no terminal."""
    from rich.live import Live

    terminal = console.terminal()
    if not terminal.is_terminal:
        yield terminal.print
        return
    with Live(console=terminal, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda page: live.update(page, refresh=True)

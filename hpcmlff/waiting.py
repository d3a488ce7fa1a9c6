"""Watching cells from a login node until no job has any of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpcmlff.console import duration, say, terminal
from hpcmlff.reconcile import Standing, counted, survey
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

BUSY = frozenset({CellState.QUEUED, CellState.RUNNING})
"""States a job will change."""

_LINES_EVERY_S = 30


def wait(
    store: Store, frozen: FrozenGrid, profile: Profile, *, show: bool = True
) -> list[Standing]:
    """Show progress until no job has a cell of the grid any more.

    On a terminal one bar per running cell (step, loss, time left); elsewhere a line
    whenever a cell changes its state, and every half minute. Interrupting it stops the
    watching only.

    Parameters
    ----------
    store, frozen
        The store and the revision of its grid.
    profile
        How jobs are run here; says how often they are looked at.
    show
        False for only waiting.

    Returns
    -------
    list of Standing
        Where every cell stands in the end.
    """
    with _watch() if show else _Nothing() as watch:
        while True:
            standings = survey(store, frozen.cells)
            watch.show(standings)
            if not any(standing.state in BUSY for standing in standings):
                return standings
            time.sleep(profile.poll_interval)


def summary(standings: Sequence[Standing]) -> str:
    """Return the counts of states in one line, such as ``3 done, 1 failed``."""
    return counted(standings)


def count_lines(standings: Sequence[Standing]) -> list[str]:
    """Return how many cells are in each state, and about how many nobody could be asked."""
    lines = [f"{len(standings)} cells: {summary(standings)}"]
    unasked = sum(standing.unasked for standing in standings)
    if unasked:
        what = f"the scheduler could not be asked about {unasked} cells; they are left alone"
        lines.append(what)
    return lines


def describe(standing: Standing) -> str:
    """Return a running cell's step, loss and time left in words."""
    progress = standing.progress
    if not progress:
        return "starting"
    words = [str(progress["phase"]), f"step {progress['step']}/{progress['steps']}"]
    if progress.get("loss") is not None:
        words.append(f"loss {progress['loss']:.4g}")
    if progress.get("time_left_s"):
        words.append(f"{duration(progress['time_left_s'])} left")
    return ", ".join(words)


def _watch() -> _Bars | _Lines:
    return _Bars() if terminal(stderr=True).is_terminal else _Lines()


class _Nothing:
    """For who does not want to see anything."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing is to be ended."""

    def show(self, standings: list[Standing]) -> None:
        """Print nothing."""


class _Lines:
    """A line whenever a cell changes its state, and now and then for those that run."""

    def __init__(self) -> None:
        self._states: dict[str, CellState] = {}
        self._told = time.monotonic()

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, *reason: object) -> None:
        """Leave the lines where they are."""

    def show(self, standings: list[Standing]) -> None:
        """Print what is new since the last call."""
        for standing in standings:
            before = self._states.get(standing.cell.id)
            self._states[standing.cell.id] = standing.state
            if before is not None and before is not standing.state:
                done = sum(one.state is CellState.DONE for one in standings)
                reason = f": {standing.reason}" if standing.reason else ""
                where = f"[{done}/{len(standings)}]"
                say(f"{where} {standing.cell.label} {standing.state.value}{reason}")
        if time.monotonic() - self._told >= _LINES_EVERY_S:
            self._told = time.monotonic()
            for standing in standings:
                if standing.state is CellState.RUNNING:
                    say(f"  {standing.cell.label}: {describe(standing)}")


class _Bars:
    """A bar for all cells and one for each that runs."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Live

        columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
        detail = TextColumn("{task.fields[detail]}")
        self._live: Progress = Live(*columns, detail, console=terminal(stderr=True))
        self._all: TaskID | None = None
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> _Bars:
        self._live.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._live.stop()

    def show(self, standings: list[Standing]) -> None:
        """Redraw the bars."""
        if self._all is None:
            self._all = self._live.add_task("cells", total=len(standings), detail="")
        done = sum(one.state is CellState.DONE for one in standings)
        self._live.update(self._all, completed=done, detail=summary(standings))
        running = {one.cell.id: one for one in standings if one.state is CellState.RUNNING}
        for gone in self._bars.keys() - running.keys():
            self._live.remove_task(self._bars.pop(gone))
        for cell_id, standing in running.items():
            self._draw(cell_id, standing)

    def _draw(self, cell_id: str, standing: Standing) -> None:
        cell, progress = standing.cell, standing.progress
        if cell_id not in self._bars:
            name = f"{cell.model} {cell.molecule} n{cell.size} s{cell.seed}"
            self._bars[cell_id] = self._live.add_task(name, total=None, detail="")
        total, step = progress.get("steps"), progress.get("step", 0)
        bar = self._bars[cell_id]
        self._live.update(bar, total=total, completed=step, detail=describe(standing))

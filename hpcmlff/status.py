"""``python -m hpcmlff.status``: how far the cells are."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

_EXAMPLES = console.examples(
    "python -m hpcmlff.status runs/study                      all on one page",
    "python -m hpcmlff.status runs/study 'schnet/glycine/*'   some cells",
    "python -m hpcmlff.status runs/study --failed             why cells failed, and what to do",
    "python -m hpcmlff.status runs/study --watch              until no job has a cell",
    "python -m hpcmlff.status grid.yaml --json                for scripts",
)


@click.command(epilog=_EXAMPLES)
@click.argument("words", nargs=-1, shell_complete=completing.cells, metavar="[STORE] [PATTERN]...")
@click.option("--all", "everything", is_flag=True, help="List every cell.")
@click.option("--failed", is_flag=True, help="Explain the cells that have failed or stopped.")
@click.option("--watch", "watching", is_flag=True, help="Draw again and again; Ctrl-C ends it.")
@click.option("--json", "as_json", is_flag=True, help="Print every cell as JSON on stdout.")
def command(words: Sequence[str], *, failed: bool, watching: bool, **how: bool) -> int:
    """Show where the cells of STORE (a folder or a grid file) stand.

    PATTERN is a cell's name or a part of it, with *, the first digits of its id, or a
    condition such as state=failed, cause=disk_full, size>=800 or schnet.cutoff=5. Watching
    asks the scheduler no more often than its profile's poll_interval.
    """
    from hpcmlff.choosing import chosen
    from hpcmlff.finding import store_and_selection

    if watching and (failed or how["as_json"]):
        raise click.UsageError("--watch draws for people; take --failed or --json without it")
    store, named = store_and_selection(words)
    cells = store.current_grid().cells
    if watching:
        from hpcmlff.watching import watch

        standings = watch(store, cells, named)
    else:
        standings = chosen(store, cells, named)
        if failed:
            from hpcmlff.explaining import explain

            return explain(store, standings, of=len(cells), as_json=how["as_json"])
        _tell(store, cells, standings, **how)
    if not how["as_json"]:
        click.echo(_next(store, standings))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.status", argv)


def _tell(
    store: Store,
    cells: Sequence[Cell],
    standings: Sequence[Standing],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    from hpcmlff.views.listing import listing
    from hpcmlff.views.overview import Overview, heading

    if as_json:
        console.emit_json(_facts(store, standings))
        return
    click.echo(heading(store.path, standings, len(cells)))
    terminal = console.terminal()
    if everything:
        click.echo("\n".join(listing(standings, terminal.width, time.time())))
    else:
        terminal.print(Overview(standings, cells))


def _facts(store: Store, standings: Sequence[Standing]) -> dict[str, Any]:
    from hpcmlff.reconcile import counts
    from hpcmlff.views.rows import row

    models = dict.fromkeys(one.cell.model for one in standings)
    by_model = {
        model: counts(one for one in standings if one.cell.model == model) for model in models
    }
    now = time.time()
    return {
        "store": str(store.path),
        "states": counts(standings),
        "models": by_model,
        "cells": [row(one, now) for one in standings],
    }


def _next(store: Store, standings: Sequence[Standing]) -> str:
    from hpcmlff.spec.states import CellState

    states = {one.state for one in standings}
    if states & {CellState.STOPPED, CellState.PENDING}:
        return console.next_step("hpcmlff.resume", store.path)
    if CellState.FAILED in states:
        return console.next_step("hpcmlff.status", store.path, "--failed")
    if states & {CellState.QUEUED, CellState.RUNNING}:
        return console.next_step("hpcmlff.status", store.path, "--watch")
    return console.next_step("hpcmlff.collect", store.path)


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())

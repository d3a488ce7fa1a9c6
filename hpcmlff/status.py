"""``python -m hpcmlff.status``: how far the cells are."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from rich.table import Table

    from hpcmlff.reconcile import Standing

_EXAMPLES = console.examples(
    "python -m hpcmlff.status runs/study           counts, running and failed cells",
    "python -m hpcmlff.status runs/study --all     every cell",
    "python -m hpcmlff.status grid.yaml --json     for scripts",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", required=False, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="List every cell.")
@click.option("--json", "as_json", is_flag=True, help="Print every cell as JSON on stdout.")
def command(store: Path | None, *, everything: bool, as_json: bool) -> int:
    """Show where the cells of STORE (a folder or a grid file) stand."""
    from hpcmlff.finding import find_store
    from hpcmlff.reconcile import counts, survey
    from hpcmlff.spec.states import CellState
    from hpcmlff.waiting import summary

    found = find_store(store)
    standings = survey(found, found.current_grid().cells)
    if as_json:
        rows = [_facts(standing) for standing in standings]
        console.emit_json({"store": str(found.path), "states": counts(standings), "cells": rows})
        return 0
    click.echo(f"{found.path}: {len(standings)} cells: {summary(standings)}")
    quiet = {CellState.DONE, CellState.PENDING, CellState.QUEUED}
    listed = [one for one in standings if everything or one.state not in quiet]
    if listed:
        console.terminal().print(_table(listed))
    if any(standing.state in {CellState.STOPPED, CellState.PENDING} for standing in standings):
        click.echo(console.next_step("hpcmlff.resume", found.path))
    elif all(standing.state is CellState.DONE for standing in standings):
        click.echo(console.next_step("hpcmlff.collect", found.path))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.status", argv)


def _facts(standing: Standing) -> dict[str, Any]:
    cell = standing.cell
    return {
        "cell_id": cell.id,
        "label": cell.label,
        "model": cell.model,
        "molecule": cell.molecule,
        "size": cell.size,
        "seed": cell.seed,
        "state": standing.state.value,
        "attempts": standing.attempts,
        "progress": dict(standing.progress),
        "reason": standing.reason,
    }


def _table(standings: list[Standing]) -> Table:
    from rich import box
    from rich.table import Table

    from hpcmlff.spec.states import CellState
    from hpcmlff.waiting import describe

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("cell", no_wrap=True)
    for name in ("state", "attempts", "detail"):
        table.add_column(name, overflow="fold")
    for one in standings:
        detail = describe(one) if one.state is CellState.RUNNING else one.reason
        table.add_row(one.cell.label, one.state.value, str(one.attempts), detail)
    return table


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())

"""``python -m hpcmlff.show``: everything that is known of one cell."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing
    from hpcmlff.store.store import Store

_EXAMPLES = console.examples(
    "python -m hpcmlff.show runs/study schnet/glycine/n200/s0",
    "python -m hpcmlff.show runs/study 4b60231b                by the first digits of its id",
    "python -m hpcmlff.show runs/study 4b60231b --json         for scripts",
    "python -m hpcmlff.logs runs/study 4b60231b                what it has printed",
)


@click.command(epilog=_EXAMPLES)
@click.argument(
    "words", nargs=-1, shell_complete=completing.cells, required=True, metavar="[STORE] CELL"
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON on stdout.")
def command(words: Sequence[str], *, as_json: bool) -> int:
    """Show CELL, a cell of STORE (a folder or a grid file), with all its attempts.

    CELL is a cell's name, such as schnet/glycine/n200/s0, or the first digits of its id; it
    must mean one cell. Told are its state, its attempts and jobs and why each of them ended,
    its errors if it is done, its validation losses, its settings, what it was trained with,
    and where its files are.
    """
    from hpcmlff.choosing import the_one
    from hpcmlff.dossier import dossier
    from hpcmlff.finding import store_and_selection
    from hpcmlff.reconcile import survey

    store, named = store_and_selection(words)
    frozen = store.current_grid()
    cell = the_one(store, frozen.cells, named)
    [standing] = survey(store, [cell])
    facts = dossier(store, frozen, standing)
    if as_json:
        console.emit_json(facts)
        return 0
    from hpcmlff.views.cell_page import CellPage, file_lines

    console.terminal().print(CellPage(facts))
    click.echo("\n".join(["", *file_lines(facts), _next(store, standing)]))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.show", argv)


def _next(store: Store, standing: Standing) -> str:
    from hpcmlff.spec.states import CellState

    name = standing.cell.short_id
    if standing.state is CellState.FAILED:
        return console.next_step("hpcmlff.retry", store.path, name)
    if standing.state in {CellState.STOPPED, CellState.PENDING}:
        return console.next_step("hpcmlff.resume", store.path)
    follow = ["-f"] if standing.state is CellState.RUNNING else []
    return console.next_step("hpcmlff.logs", store.path, name, *follow)


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())

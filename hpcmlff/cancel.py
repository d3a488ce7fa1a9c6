"""``python -m hpcmlff.cancel``: stop jobs, or some of their cells; checkpoints stay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hpcmlff import completing, console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    from hpcmlff.cancelling import Target

_EXAMPLES = console.examples(
    "python -m hpcmlff.cancel runs/study                      all jobs",
    "python -m hpcmlff.cancel runs/study 'schnet/glycine/*'   some cells",
    "python -m hpcmlff.cancel runs/study 'size>=800' --yes    without asking",
    "python -m hpcmlff.resume runs/study                      goes on later",
)


@click.command(epilog=_EXAMPLES)
@click.argument("words", nargs=-1, shell_complete=completing.cells, metavar="[STORE] [PATTERN]...")
@click.option("--yes", is_flag=True, help="Do not ask before stopping.")
@click.option("--json", "as_json", is_flag=True, help="Print jobs and cells as JSON on stdout.")
def command(words: Sequence[str], *, yes: bool, as_json: bool) -> int:
    """Ask the jobs of STORE (a folder or a grid file) to stop, or to leave some cells.

    Running cells commit a checkpoint first; `resume` goes on from there. Other cells of the
    same jobs go on. PATTERN is a cell's name or a part of it, with *, the first digits of its
    id, or a condition such as state=running or size>=800. May be given again at any time.
    """
    from hpcmlff.cancelling import stop, targets
    from hpcmlff.choosing import ids_of
    from hpcmlff.finding import store_and_selection

    store, named = store_and_selection(words)
    wanted = ids_of(store, named)
    found = targets(store, wanted)
    if found and console.asks(yes=yes):
        console.say(f"would stop {_told(found)}")
        if not click.confirm("stop? Running cells commit a checkpoint first", err=True):
            return 0
        # The jobs have gone on while somebody was thinking.
        found = targets(store, wanted)
    jobs = stop(store, found, wanted)
    if as_json:
        cells = sorted({cell for one in found for cell in one.cells})
        console.emit_json({"store": str(store.path), "cancelled": jobs, "cells": cells})
        return 0
    if not jobs:
        console.say(f"no job has {'any of these cells' if named else 'a cell'}")
    else:
        console.say(f"asked {_told(found)} to stop; running cells commit a checkpoint first")
    console.say(console.next_step("hpcmlff.status", store.path))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.cancel", argv)


def _told(found: Sequence[Target]) -> str:
    """Return ``12 cells (3 running, 9 queued) in 2 jobs``."""
    from hpcmlff.cancelling import counted

    number = counted(found)
    states = ", ".join(f"{cells:,} {state}" for state, cells in number.items())
    cells = console.plural(sum(number.values()), "cell") + (f" ({states})" if states else "")
    return f"{cells} in {console.plural(len(found), 'job')}"


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())

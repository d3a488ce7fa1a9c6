"""``python -m hpcmlff.logs``: what a cell's attempts and jobs have printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import completing, console

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

_EXAMPLES = console.examples(
    "python -m hpcmlff.logs runs/study schnet/glycine/n200/s0           the newest attempt",
    "python -m hpcmlff.logs runs/study schnet/glycine/n200/s0 -f        go on as it grows",
    "python -m hpcmlff.logs runs/study 4b60231b --attempt 1 -n 0        all of the first one",
    "python -m hpcmlff.logs runs/study 4b60231b --job                   what the job printed",
)


@click.command(epilog=_EXAMPLES)
@click.argument(
    "words", nargs=-1, shell_complete=completing.cells, required=True, metavar="[STORE] CELL"
)
@click.option("-f", "--follow", is_flag=True, help="Go on until the cell is done or has failed.")
@click.option("-n", "--lines", type=click.IntRange(min=0), default=100, show_default=True,
              help="Last lines of each file; 0 for all.")  # fmt: skip
@click.option("--attempt", type=click.IntRange(min=1), help="An earlier attempt, by its number.")
@click.option("--all", "everything", is_flag=True, help="All attempts, the first one first.")
@click.option("--job", is_flag=True, help="What the job printed before the cell began, and after.")
@click.option("--json", "as_json", is_flag=True, help="Print files and lines as JSON on stdout.")
def command(words: Sequence[str], *, follow: bool, lines: int, as_json: bool, **which: Any) -> int:
    """Print the log of CELL, a cell of STORE (a folder or a grid file).

    CELL is a cell's name, such as schnet/glycine/n200/s0, or the first digits of its id; it
    must mean one cell. Where the cell has not begun, it is what its job has printed. Following
    asks no scheduler; it goes from one attempt to the next until Ctrl-C.
    """
    from hpcmlff.choosing import the_one
    from hpcmlff.finding import store_and_selection

    if follow and (as_json or any(which.values())):
        raise click.UsageError("-f follows the newest attempt; it goes with --lines only")
    store, named = store_and_selection(words)
    cell = the_one(store, store.current_grid().cells, named)
    if follow:
        return _follow(store, cell, lines)
    files = _files(store, cell, **which)
    if as_json:
        listed = [{"file": str(path), "lines": _text(path, lines).splitlines()} for path in files]
        console.emit_json({"cell": cell.label, "cell_id": cell.id, "files": listed})
        return 0
    for path in files:
        console.say(f"==> {path}")
        _show(_text(path, lines))
    if not files:
        console.say("nothing has been printed yet")
    console.say(console.next_step("hpcmlff.show", store.path, cell.short_id))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.logs", argv)


def _files(
    store: Store, cell: Cell, *, attempt: int | None, everything: bool, job: bool
) -> list[Path]:
    from hpcmlff.errors import StoreError
    from hpcmlff.outputs import job_output, newest_record

    tried = store.cell(cell).attempts()
    if job or not tried:
        record = newest_record(store, cell.id)
        return [] if record is None else job_output(store, record, cell.id)
    numbers = [one.number for one in tried]
    if attempt is not None and attempt not in numbers:
        hint = f"There are {', '.join(map(str, reversed(numbers)))}"
        raise StoreError(f"has no attempt {attempt}", where=cell.label, hint=hint)
    wanted = reversed(numbers) if everything else [attempt or numbers[0]]
    logs = [store.cell(cell).attempt(number).log for number in wanted]
    return [path for path in logs if path.exists()]


def _text(path: Path, lines: int) -> str:
    from hpcmlff.outputs import tail

    return tail(path, lines).text


def _follow(store: Store, cell: Cell, lines: int) -> int:
    from hpcmlff.following import Follower
    from hpcmlff.outputs import tail

    follower = Follower(cell=store.cell(cell), show=_show, tell=console.say)
    tried = store.cell(cell).attempts()
    if tried and tried[0].log.exists():
        console.say(f"==> {tried[0].log}")
        found = tail(tried[0].log, lines)
        _show(found.text)
        follower.attempt, follower.position = tried[0], found.end
    outcome = follower.follow()
    console.say(f"the cell {'has failed' if outcome == 'failed' else 'is done'}")
    console.say(console.next_step("hpcmlff.show", store.path, cell.short_id))
    return 0


def _show(text: str) -> None:
    click.echo(text, nl=False)


if __name__ == "__main__":
    sys.exit(main())

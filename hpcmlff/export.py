"""``python -m hpcmlff.export``: a trained model in the format of the package it came from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import completing, console

_EXAMPLES = console.examples(
    "python -m hpcmlff.export runs/study sgdml/glycine/n200/s0",
    "python -m hpcmlff.export runs/study sgdml/glycine/n200/s0 -o glycine.npz",
    "sgdml show glycine.npz    the package's own command reads it",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", type=click.Path(path_type=Path))
@click.argument("cell", shell_complete=completing.cells)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print cell and file as JSON.")
def command(store: Path, cell: str, output: Path | None, *, force: bool, as_json: bool) -> int:
    """Write the model of CELL, a finished cell of STORE, for the package it came from.

    CELL is a cell's name, such as sgdml/glycine/n200/s0, or the first digits of its id; it
    must mean one cell.
    """
    from hpcmlff.finding import find_store
    from hpcmlff.worker.exporting import export_model

    found = find_store(store)
    label, path = export_model(found, cell, output, overwrite=force)
    if as_json:
        console.emit_json({"cell": label, "file": str(path)})
    else:
        click.echo(path)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.export", argv)


if __name__ == "__main__":
    sys.exit(main())

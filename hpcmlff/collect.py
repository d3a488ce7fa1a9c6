"""``python -m hpcmlff.collect``: results into tables and learning curves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import console

if TYPE_CHECKING:
    import pandas as pd

_EXAMPLES = console.examples(
    "python -m hpcmlff.collect                      the only store around here",
    "python -m hpcmlff.collect runs/study           table, CSV, Parquet, Markdown, plots",
    "python -m hpcmlff.collect runs/study -o paper  into another folder",
    "python -m hpcmlff.collect runs/study --json    rows for scripts",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option("--no-plots", is_flag=True, help="Tables only.")
@click.option("--json", "as_json", is_flag=True, help="Print rows and paths as JSON on stdout.")
def command(store: Path | None, output: Path | None, *, no_plots: bool, as_json: bool) -> int:
    """Collect the results of STORE (a folder or a grid file), also while cells are running.

    Writes results.csv, results.parquet, results.md and one figure of learning curves
    per molecule and kind of error into STORE/report. Missing and failed cells are shown.
    """
    from hpcmlff.finding import find_store
    from hpcmlff.results import result_rows

    found = find_store(store)
    rows = result_rows(found, found.current_grid())
    folder = output or found.path / "report"
    paths = _write(rows, folder, plots=not no_plots)
    if as_json:
        console.emit_json({"rows": _plain(rows), "files": [str(path) for path in paths]})
        return 0
    from hpcmlff.report.terminal import render_table

    console.terminal().print(render_table(rows))
    for path in paths:
        click.echo(path)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.collect", argv)


def _write(rows: pd.DataFrame, folder: Path, *, plots: bool) -> list[Path]:
    from hpcmlff.errors import StoreError
    from hpcmlff.report import tables

    writers = {
        "results.csv": tables.write_csv,
        "results.parquet": tables.write_parquet,
        "results.md": tables.write_markdown,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Name another folder with --output"
        raise StoreError(f"cannot write: {error.strerror}", where=str(folder), hint=hint) from None
    for name, write in writers.items():
        write(rows, folder / name)
    return [folder / name for name in writers] + (_plots(rows, folder) if plots else [])


def _plots(rows: pd.DataFrame, folder: Path) -> list[Path]:
    from hpcmlff.report.curves import plot_learning_curves

    return plot_learning_curves(rows, folder)


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    import pandas as pd

    records = rows.astype(object).to_dict(orient="records")
    return [
        {
            str(name): None if pd.api.types.is_scalar(v) and pd.isna(v) else v
            for name, v in r.items()
        }
        for r in records
    ]


if __name__ == "__main__":
    sys.exit(main())

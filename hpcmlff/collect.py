"""``python -m hpcmlff.collect``: results into tables, quality checks, figures and one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import console
from hpcmlff.api.calling import make_callable

if TYPE_CHECKING:
    import pandas as pd

    from hpcmlff.collection import Collection

_EXAMPLES = console.examples(
    "python -m hpcmlff.collect                      the only store around here",
    "python -m hpcmlff.collect runs/study           checks, tables, figures",
    "python -m hpcmlff.collect runs/study --html    and one page to look at, or to send",
    "python -m hpcmlff.collect runs/study --beside published",
    "python -m hpcmlff.collect runs/study -o paper  into another folder",
    "python -m hpcmlff.collect runs/study --json    rows and findings for scripts",
)


@click.command(epilog=_EXAMPLES)
@click.argument("store", required=False, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder for the files.")
@click.option(
    "--beside",
    "beside",
    multiple=True,
    metavar="NAME|FILE",
    help="Put what others reported beside: student_report, published, or a YAML file of yours.",
)
@click.option("--html", is_flag=True, help="Write one page with everything, results.html.")
@click.option("--no-plots", is_flag=True, help="Draw no figures.")
@click.option("--json", "as_json", is_flag=True, help="Print rows, findings, paths as JSON.")
def command(
    store: Path | None,
    output: Path | None,
    *,
    beside: tuple[str, ...],
    html: bool,
    no_plots: bool,
    as_json: bool,
) -> int:
    """Collect the results of STORE (a folder or a grid file), also while cells are running.

    Checks their quality and writes into STORE/report: results.csv and results.parquet
    (one row a cell), results_wide.csv, results.tex and results.md (tables in the manner of
    a paper), findings.csv, and figures as PNG and SVG. Missing and failed cells are shown.
    Only what is new since the last time is read and drawn.
    """
    from hpcmlff.collection import collect, write_files
    from hpcmlff.finding import find_store
    from hpcmlff.report.reference.reading import read

    references = [read(name) for name in beside]
    found = collect(find_store(store), references)
    folder = output or found.store.path / "report"
    paths = write_files(found, folder, plots=not no_plots, html=html, tell=_drawing())
    if as_json:
        findings = [one.as_json() for one in found.findings]
        files = [str(path) for path in paths]
        console.emit_json({"rows": _plain(found.rows), "findings": findings, "files": files})
        return 0
    _show(found, paths)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return console.run(command, "hpcmlff.collect", argv)


def _drawing() -> Any:
    """Return what tells somebody at a terminal why it takes a while."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda stem: console.say(f"drawing {stem}")


def _show(found: Collection, paths: Sequence[Path]) -> None:
    from hpcmlff.report.terminal import render_table
    from hpcmlff.report.terminal_findings import render_findings
    from hpcmlff.report.terminal_section import render_section

    terminal = console.terminal()
    terminal.print(render_table(found.rows))
    terminal.print()
    for section in found.sections:
        for part in render_section(section):
            terminal.print(part)
        terminal.print()
    for part in render_findings(found.findings):
        terminal.print(part)
    terminal.print()
    for path in paths:
        click.echo(path)
    console.say(_next(found, paths))


def _next(found: Collection, paths: Sequence[Path]) -> str:
    from hpcmlff.spec.states import CellState

    states = set(found.rows["state"]) if len(found.rows) else set()
    if states & {CellState.PENDING, CellState.STOPPED}:
        return console.next_step("hpcmlff.resume", found.store.path)
    if states & {CellState.QUEUED, CellState.RUNNING}:
        return console.next_step("hpcmlff.status", found.store.path)
    pages = [path for path in paths if path.suffix == ".html"]
    if pages:
        return f"next: open {pages[0]} in a browser, or send it"
    return f"{console.next_step('hpcmlff.collect', found.store.path)} --html"


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


make_callable(__name__)

if __name__ == "__main__":
    sys.exit(main())

"""``python -m hpcmlff.store``: verify, index, prune, merge, export and measure a store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from hpcmlff import console
from hpcmlff.errors import StoreError
from hpcmlff.store import changing
from hpcmlff.store.changing import JSON, STORE, print_lines


@click.group(
    epilog=console.examples(
        "python -m hpcmlff.store verify runs/study              is every file whole?",
        "python -m hpcmlff.store merge ../vega/study runs/study two clusters' results",
        "python -m hpcmlff.store export runs/study -o study.h5  one file for the paper",
    )
)
def command() -> None:
    """Look after a store: STORE is its folder, a grid file, or the only one around here."""


@command.command(
    epilog=console.examples(
        "python -m hpcmlff.store verify",
        "python -m hpcmlff.store verify runs/study --set-aside    then hpcmlff.resume",
    )
)
@STORE
@click.option("--set-aside", is_flag=True, help="Rename damaged files to NAME.damaged.")
@JSON
def verify(store: Path | None, *, set_aside: bool, as_json: bool) -> int:
    """Read every file of STORE, digest by digest; exit code 4 if something is wrong.

    Of damaged files it says what serves instead. With --set-aside they are renamed within
    their folder, so that a cell whose result is damaged is trained on from the checkpoint
    before; a cell's only checkpoints are left where they are.
    """
    from hpcmlff.store import setting_aside, showing
    from hpcmlff.store.finding import find_store
    from hpcmlff.store.verifying import verify_store

    found = find_store(store)
    with showing.progress("verifying") as tell:
        verdict = verify_store(found, tell)
    if set_aside:
        setting_aside.set_aside(verdict)
    if as_json:
        console.emit_json(verdict.as_json(found.path))
    else:
        if verdict.findings:
            showing.show_findings(verdict.findings, found.path)
        print_lines(showing.verdict_lines(verdict, found.path))
    return StoreError.exit_code if verdict.findings else 0


@command.command(epilog=console.examples("python -m hpcmlff.store index runs/study"))
@STORE
@click.option("--anew", is_flag=True, help="Read every cell, not only those that changed.")
@JSON
def index(store: Path | None, *, anew: bool, as_json: bool) -> int:
    """Bring STORE/store.h5 up to date: one table of all scalars, links to all checkpoints."""
    from hpcmlff.store.finding import find_store
    from hpcmlff.store.index import refresh

    found = find_store(store)
    table = refresh(found, found.current_grid().cells, anew=anew)
    final = int(table["final"].sum())
    if as_json:
        path = str(found.layout.index)
        console.emit_json({"index": path, "cells": len(table), "final": final})
    else:
        click.echo(f"{found.layout.index}: {len(table)} cells with a checkpoint, {final} done")
    return 0


@command.command(epilog=console.examples("python -m hpcmlff.store du runs/study"))
@STORE
@JSON
def du(store: Path | None, *, as_json: bool) -> int:
    """Say where the bytes of STORE are, and what prune would free."""
    from hpcmlff.store import showing
    from hpcmlff.store.finding import find_store
    from hpcmlff.store.usage import usage

    found = find_store(store)
    sizes = usage(found.layout)
    if as_json:
        console.emit_json(sizes.as_json())
    else:
        showing.show_usage(sizes)
        print_lines(showing.usage_lines(sizes, found.path))
    return 0


command.add_command(changing.prune)
command.add_command(changing.merge)
command.add_command(changing.export)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return console.run(command, "hpcmlff.store", argv)


if __name__ == "__main__":
    sys.exit(main())

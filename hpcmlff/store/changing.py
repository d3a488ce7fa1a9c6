"""The store's commands that write: prune, merge and export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hpcmlff import console

if TYPE_CHECKING:
    from hpcmlff.store.store import Store

STORE = click.argument("store", required=False, type=click.Path(path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would be done, do nothing.")


@click.command(
    epilog=console.examples(
        "python -m hpcmlff.store prune runs/study --dry-run",
        "python -m hpcmlff.store prune runs/study --finals-only   once all is done",
    )
)
@STORE
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Checkpoints to keep of every cell.",
)
@click.option("--finals-only", is_flag=True, help="Of cells that are done, keep the result alone.")
@_DRY_RUN
@JSON
def prune(store: Path | None, *, dry_run: bool, as_json: bool, **how: Any) -> int:
    """Remove from STORE what no resume needs: old checkpoints, blocks of done cells, leftovers.

    The newest checkpoints that verify are kept, of cells in training as well.
    """
    from hpcmlff.store import pruning, showing
    from hpcmlff.store.finding import find_store

    found = find_store(store)
    with found.exclusive():
        surplus = list(pruning.surplus(found.layout, **how))
        if not dry_run:
            pruning.remove(surplus)
    if not dry_run:
        _refresh(found)
    if as_json:
        rows = [
            {"path": str(one.path), "kind": one.kind, "bytes": one.size_bytes} for one in surplus
        ]
        console.emit_json({"removed": not dry_run, "files": rows})
    else:
        print_lines(showing.surplus_lines(surplus, found.path, done=not dry_run))
    return 0


@click.command(
    epilog=console.examples(
        "rsync -a vega:runs/study/ from-vega/",
        "python -m hpcmlff.store merge from-vega runs/study --dry-run",
        "python -m hpcmlff.store merge from-vega runs/study",
        "python -m hpcmlff.store merge from-vega runs/new      a store of its own, made here",
    )
)
@click.argument("other", type=click.Path(path_type=Path))
@STORE
@_DRY_RUN
@JSON
def merge(other: Path, store: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Bring the further cells of OTHER, a store of the same grid, into STORE, and its leases.

    Decided by content: final before unfinished, then by steps. OTHER is only read; what is
    damaged in it is skipped. May be broken off and given again, in any order of stores. A STORE
    that is not there is made.
    """
    from hpcmlff.store import showing
    from hpcmlff.store.joining import join

    with showing.progress("comparing") as tell:
        joined = join(other, store, dry_run=dry_run, tell=tell)
    plan = joined.plan
    if as_json:
        console.emit_json({"merged": not dry_run, **plan.as_json()})
        return 0
    if plan.bring:
        rows = [(one.label, one.ours, one.stands) for one in plan.bring]
        showing.show_table(("cell", "here", "there"), rows)
    if plan.findings:
        showing.show_findings(plan.findings, joined.other.path)
    print_lines(showing.plan_lines(plan, done=not dry_run))
    if plan.leases and not dry_run:
        click.echo(console.next_step("hpcmlff.resume", joined.store.path))
    return 0


@click.command(
    epilog=console.examples(
        "python -m hpcmlff.store export runs/study -o study.h5",
        "python -m hpcmlff.store export runs/study -o small.h5 --no-models",
    )
)
@STORE
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A new file.")
@click.option("--no-models", is_flag=True, help="Leave out the models' arrays.")
@JSON
def export(store: Path | None, output: Path, *, no_models: bool, as_json: bool) -> int:
    """Write the finished cells of STORE into one HDF5 file, readable with h5py alone."""
    from hpcmlff.store import exporting, showing
    from hpcmlff.store.finding import find_store

    found = find_store(store)
    with showing.progress("exporting") as tell:
        made = exporting.export(found, output, models=not no_models, tell=tell)
    if as_json:
        facts = {"bytes": made.size_bytes, "cells": made.n_cells, "missing": made.missing}
        console.emit_json({"file": str(made.path), **facts})
    else:
        print_lines(showing.export_lines(made))
    return 0


def print_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout."""
    for line in lines:
        click.echo(line)


def _refresh(found: Store) -> None:
    from hpcmlff.store.index import refresh

    if found.grids.newest():
        refresh(found, found.current_grid().cells)

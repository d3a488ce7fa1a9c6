"""What `collect` does: results, checks, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import yaml

from hpcmlff import __version__
from hpcmlff.errors import StoreError
from hpcmlff.evidence.origin import origin
from hpcmlff.evidence.simulations import simulations
from hpcmlff.report import tables
from hpcmlff.report.checks import run_checks
from hpcmlff.report.checks.examined import examined
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.dynamics import dynamics_section
from hpcmlff.report.findings import Finding, codes_of_cells
from hpcmlff.report.plot import Plot
from hpcmlff.report.plots import all_plots
from hpcmlff.report.reference.reading import Reference, table
from hpcmlff.report.scans import scans_section
from hpcmlff.results import results
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hpcmlff.report.page.render import About
    from hpcmlff.report.section import Section
    from hpcmlff.results import Results
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

Tell = Callable[[str], None]
"""Told the name of every figure that is drawn."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Collection:
    """Results with what is to be said of them."""

    store: Store
    """Where they are from."""
    frozen: FrozenGrid
    """The revision of its grid."""
    results: Results
    """What cells have given."""
    rows: pd.DataFrame
    """One row per cell, with the codes of the findings about it."""
    findings: list[Finding]
    """What quality checks found, the worst first."""
    references: list[Reference]
    """What others reported, to stand beside."""
    sections: list[Section]
    """What simulations with the models have come to, of each kind there is."""


def collect(store: Store, references: Sequence[Reference] = ()) -> Collection:
    """Gather the results of a store's current grid and check them.

    Parameters
    ----------
    store
        The store.
    references
        What others reported, to stand beside the results.

    Raises
    ------
    StoreError
        Nothing was ever submitted to the store.
    """
    frozen = store.current_grid()
    found = results(store, frozen)
    split = frozen.grid.get("split", {})
    findings = run_checks(examined(found.rows, found.facts, found.frames, split))
    codes = codes_of_cells(findings)
    rows = found.rows.assign(findings=[codes.get(cell, "") for cell in found.rows["cell_id"]])
    return Collection(
        store=store,
        frozen=frozen,
        results=found,
        rows=rows,
        findings=findings,
        references=list(references),
        sections=_sections(store, frozen, rows),
    )


def _sections(store: Store, frozen: FrozenGrid, rows: pd.DataFrame) -> list[Section]:
    done = set(rows[rows["state"] == CellState.DONE]["cell_id"]) if len(rows) else set()
    cells = [cell for cell in frozen.cells if cell.id in done]
    made = [
        dynamics_section(simulations(store, cells, "md")),
        scans_section(simulations(store, cells, "scan")),
    ]
    return [one for one in made if one.lines]


def write_files(
    found: Collection, folder: Path, *, plots: bool, html: bool, tell: Tell = lambda _: None
) -> list[Path]:
    """Write tables, figures and the page.

    Parameters
    ----------
    found
        What was collected.
    folder
        Where the files go; made if missing.
    plots, html
        Whether figures, and the page, are wanted.
    tell
        Told of every figure that is drawn.

    Returns
    -------
    list of Path
        The files, those that did not have to be drawn again as well.

    Raises
    ------
    HpcmlffError
        The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        hint = "Name another folder with --output"
        raise StoreError(f"cannot write: {error.strerror}", where=str(folder), hint=hint) from None
    paths, drawn = _tables(found, folder), _plots(found) if plots else []
    paths += write_plots(drawn, folder, tell)
    return [*paths, _page(found, folder, drawn)] if html else paths


def _tables(found: Collection, folder: Path) -> list[Path]:
    rows, findings, references = found.rows, found.findings, found.references
    writers: dict[str, Callable[[Path], None]] = {
        "results.csv": lambda path: tables.write_csv(rows, path),
        "results.parquet": lambda path: tables.write_parquet(rows, path),
        "results_wide.csv": lambda path: tables.write_wide_csv(rows, path),
        "results.tex": lambda path: tables.write_latex(rows, path),
        "results.md": lambda path: tables.write_markdown(
            rows, path, findings, references, found.sections
        ),
        "findings.csv": lambda path: tables.write_findings(findings, path),
    }
    if references:
        writers["beside.csv"] = lambda path: tables.write_beside(rows, references, path)
    for section in found.sections:
        writers[f"{section.name}.csv"] = partial(tables.write_section, section)
    for name, write in writers.items():
        write(folder / name)
    return [folder / name for name in writers]


def _plots(found: Collection) -> list[Plot]:
    places, references = found.results.facts["place"], table(found.references)
    drawn = all_plots(found.rows, found.results.evidence, places, references)
    return [*drawn, *(plot for section in found.sections for plot in section.plots)]


def _page(found: Collection, folder: Path, drawn: list[Plot]) -> Path:
    from hpcmlff.report.page.render import write_page

    path = folder / "results.html"
    write_page(found.rows, found.findings, drawn, _about(found), path)
    return path


def _about(found: Collection) -> About:
    from hpcmlff.report.page.render import About

    grid = yaml.safe_dump(dict(found.frozen.grid), sort_keys=False, allow_unicode=True)
    return About(
        name=found.store.name,
        store=str(found.store.path),
        collected=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        version=__version__,
        grid=grid,
        provenance=_provenance(found),
        references=found.references,
        sections=found.sections,
    )


def _provenance(found: Collection) -> dict[str, str]:
    done = found.rows[found.rows["state"] == CellState.DONE]
    cells = {cell.id: cell for cell in found.frozen.cells}
    first = done.groupby("model", sort=False)["cell_id"].first()
    lines = {
        str(model): origin(found.store.cell(cells[cell_id])) for model, cell_id in first.items()
    }
    return {model: line for model, line in lines.items() if line}

"""The page: content and figures put into the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from hpcmlff.report.beside import beside, beside_lines
from hpcmlff.report.costs import COST_CAPTION, cost_lines, cost_table
from hpcmlff.report.drawing import files_of
from hpcmlff.report.files import report_file
from hpcmlff.report.findings import grouped, tally
from hpcmlff.report.latex import latex
from hpcmlff.report.page.content import Entry, Table, cell_table, error_tables, glance
from hpcmlff.report.page.svg import inlined
from hpcmlff.report.reference.reading import table
from hpcmlff.report.rows import hyperparameters, tidy
from hpcmlff.report.summary import state_counts
from hpcmlff.report.wording import TABLE_METRICS, caption

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from hpcmlff.report.findings import Finding
    from hpcmlff.report.plot import Plot
    from hpcmlff.report.reference.reading import Reference
    from hpcmlff.report.section import Section


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What the page is about, beside the results."""

    name: str
    """Name of the grid."""
    store: str
    """Where the results are."""
    collected: str
    """When they were collected, for people."""
    version: str
    """Version of hpcmlff."""
    grid: str
    """The resolved grid, as YAML."""
    provenance: Mapping[str, str] = field(default_factory=dict)
    """Model to what its first finished cell was trained with."""
    references: Sequence[Reference] = ()
    """What others reported, to stand beside."""
    sections: Sequence[Section] = ()
    """What simulations with the models have come to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A figure in the page."""

    plot: Plot
    """What it is."""
    picture: Markup
    """Its SVG."""


def write_page(
    rows: pd.DataFrame,
    findings: Sequence[Finding],
    plots: Sequence[Plot],
    about: About,
    path: Path,
) -> None:
    """Write the page.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    findings
        What quality checks found.
    plots
        The figures, whose files are in the page's folder.
    about
        What else is said.
    path
        The file; replaced whole.

    Raises
    ------
    HpcmlffError
        The file cannot be written.
    """
    shown = [_shown(number, plot, path.parent) for number, plot in enumerate(plots)]
    text = render(rows, findings, shown, about)
    with report_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render(
    rows: pd.DataFrame, findings: Sequence[Finding], shown: Sequence[Shown], about: About
) -> str:
    """Return the page's text; see `write_page`."""
    loader = PackageLoader("hpcmlff.report.page", ".")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    cells = tidy(rows)
    molecules = [
        {
            "name": name,
            "anchor": f"molecule-{number}",
            "tables": tables,
            "shown": [one for one in shown if one.plot.molecule == name],
        }
        for number, (name, tables) in enumerate(error_tables(rows).items())
    ]
    return environment.get_template("page.html.j2").render(
        about=about,
        n_cells=len(cells),
        states=dict(reversed(state_counts(cells["state"]).items())),
        glance=glance(rows, cost_table(rows)),
        groups=grouped(findings),
        tally=tally(findings),
        molecules=molecules,
        caption=caption(TABLE_METRICS),
        beside=_beside(rows, about.references),
        sections=[_section(one, shown) for one in about.sections],
        costs=_costs(rows),
        cost_caption=COST_CAPTION,
        overall=[one for one in shown if not one.plot.molecule],
        cells=cell_table(cells, hyperparameters(cells)),
        latex=latex(rows),
        style=_source(loader, environment, "page.css"),
        script=_source(loader, environment, "page.js"),
    )


def _beside(rows: pd.DataFrame, references: Sequence[Reference]) -> Table | None:
    head, lines = beside_lines(beside(rows, table(references)))
    if not lines:
        return None
    return Table(
        heading="Beside others",
        columns=tuple((name, "") for name in head),
        numeric=tuple(False for _ in head),
        lines=tuple(tuple(Entry(text=text) for text in line) for line in lines),
    )


def _section(section: Section, shown: Sequence[Shown]) -> dict[str, Any]:
    made = Table(
        heading=section.heading,
        columns=tuple(section.columns),
        numeric=tuple(number > 0 for number in range(len(section.columns))),
        lines=tuple(
            tuple(Entry(text=text, value=_number(text)) for text in line) for line in section.lines
        ),
    )
    own = [one for one in shown if one.plot.kind == section.name]
    return {"section": section, "table": made, "shown": own}


def _source(loader: PackageLoader, environment: Environment, name: str) -> Markup:
    # Our own files: they are shipped with the package, and have nothing of the results in them.
    return Markup(loader.get_source(environment, name)[0])  # noqa: S704


def _shown(number: int, plot: Plot, folder: Path) -> Shown:
    text = files_of(plot, folder)[-1].read_text(encoding="utf-8")
    label = str(escape(f"{plot.title}. {plot.caption}"))
    # matplotlib escapes all texts of a figure.
    return Shown(plot=plot, picture=Markup(inlined(text, f"f{number}", label)))  # noqa: S704


def _costs(rows: pd.DataFrame) -> Table | None:
    head, lines = cost_lines(cost_table(rows))
    if not lines:
        return None
    made = tuple(tuple(Entry(text=text, value=_number(text)) for text in line) for line in lines)
    numeric = tuple(place > 1 for place in range(len(head)))
    columns = tuple((name, "") for name in head)
    return Table(heading="Cost", columns=columns, numeric=numeric, lines=made)


def _number(text: str) -> Any:
    try:
        return repr(float(text.split("/", maxsplit=1)[0].split(" ", maxsplit=1)[0].rstrip("%")))
    except ValueError:
        return ""

"""The report as one Markdown document; text only, no files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.report.beside import beside, beside_lines
from hpcmlff.report.costs import COST_CAPTION, cost_lines, cost_table
from hpcmlff.report.findings import tally
from hpcmlff.report.labels import LABELS, heading
from hpcmlff.report.reference.reading import table
from hpcmlff.report.rows import hyperparameters, is_missing, shown, tidy
from hpcmlff.report.wide import paper_tables, pivot
from hpcmlff.report.wording import TABLE_METRICS, caption, progress
from hpcmlff.spec.cells import SHORT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from hpcmlff.report.findings import Finding
    from hpcmlff.report.reference.reading import Reference
    from hpcmlff.report.section import Section

_TEXT = ("model", "molecule", "cell_id", "state", "findings", "reason")


def document(
    rows: pd.DataFrame,
    findings: Sequence[Finding] | None = None,
    references: Sequence[Reference] = (),
    sections: Sequence[Section] = (),
) -> str:
    """Return findings, the tables in the manner of a paper, costs, and all cells.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    findings
        What quality checks found; None if they were not run.
    references
        What others reported, to stand beside.
    sections
        What simulations with the models have come to.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = tidy(rows)
    parts = ["# Results", f"{progress(cells)}."]
    if findings is not None:
        parts.extend(_findings(findings))
    parts.append("## Test errors")
    parts.append("\n".join(f"- {line}" for line in caption(TABLE_METRICS)))
    parts.extend(_paper_tables(rows))
    parts.extend(_beside(rows, references))
    for section in sections:
        parts.extend(_section(section))
    parts.extend(_costs(rows))
    parts.extend(["## All cells", _cell_table(cells)])
    return "\n\n".join(parts) + "\n"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    yield f"## Quality: {tally(findings)}"
    for one in findings:
        text = f"**{one.severity}** `{one.code}`: {one.where}: {one.text}. {one.advice}."
        yield f"- {_escape(text)}"


def _beside(rows: pd.DataFrame, references: Sequence[Reference]) -> Iterator[str]:
    head, lines = beside_lines(beside(rows, table(references)))
    if lines:
        yield "## Beside others"
        yield "\n".join(f"- {one.label}: {one.source}. {one.measured}" for one in references)
        yield _table(head, lines, 4)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.heading}"
    yield section.caption
    head = [f"{name} ({unit})" if unit else name for name, unit in section.columns]
    yield _table(head, section.lines, 1)


def _costs(rows: pd.DataFrame) -> Iterator[str]:
    costs = cost_table(rows)
    if len(costs):
        head, lines = cost_lines(costs)
        yield "## Cost"
        yield COST_CAPTION
        yield _table(head, lines, 2)


def _paper_tables(rows: pd.DataFrame) -> Iterator[str]:
    for molecule, metrics in paper_tables(rows):
        yield f"### {molecule}"
        for metric, part in metrics:
            sizes, lines = pivot(part)
            yield f"{_capital(LABELS[metric].heading)}"
            head = ["model", *map(str, sizes)]
            yield _table(head, [[name, *entries] for name, entries in lines], 1)


def _cell_table(cells: pd.DataFrame) -> str:
    names = [name for name in cells.columns if name in {*LABELS, *hyperparameters(cells)}]
    text = [name for name in names if name in _TEXT]
    columns = [*text, *(name for name in names if name not in text)]
    cells = cells.assign(cell_id=cells["cell_id"].str.slice(stop=SHORT_ID))
    lines = [[_cell(line[name]) for name in columns] for line in cells.to_dict("records")]
    return _table([heading(name) for name in columns], lines, len(text))


def _cell(value: Any) -> str:
    if is_missing(value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else shown(value)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]], left: int) -> str:
    rule = ["---" if number < left else "---:" for number in range(len(head))]
    return "\n".join("| " + " | ".join(map(_escape, line)) + " |" for line in (head, rule, *lines))


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

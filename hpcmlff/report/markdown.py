"""The report as one Markdown document; text only, no files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.report.labels import LABELS, heading
from hpcmlff.report.rows import hyperparameters, is_missing, shown, tidy
from hpcmlff.report.summary import learning_table, series_name
from hpcmlff.report.wording import PAPER_METRICS, caption, entry, progress
from hpcmlff.spec.cells import SHORT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

_TEXT = ("model", "molecule", "cell_id", "state", "reason")


def document(rows: pd.DataFrame) -> str:
    """Return the tables in the manner of a paper, then the table of all cells.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.

    Raises
    ------
    ValueError
        A column is missing.
    """
    cells = tidy(rows)
    parts = ["# Results", f"{progress(cells)}.", "## Test errors"]
    parts.append("\n".join(f"- {line}" for line in caption(PAPER_METRICS)))
    parts.extend(_paper_tables(learning_table(rows)))
    parts.extend(["## All cells", _cell_table(cells)])
    return "\n\n".join(parts) + "\n"


def pivot(table: pd.DataFrame) -> tuple[list[int], list[tuple[str, list[str]]]]:
    """Turn the learning table of one molecule and one metric into lines of a table.

    Returns
    -------
    sizes
        The columns.
    lines
        Name of each model and variant, and its entry for each size; empty where the
        grid has no such cell.
    """
    sizes = sorted({int(size) for size in table["size"]})
    entries: dict[str, dict[int, str]] = {}
    for line in table.to_dict("records"):
        name = series_name(str(line["model"]), str(line["variant"]))
        entries.setdefault(name, {})[int(line["size"])] = entry(line)
    return sizes, [(name, [own.get(s, "") for s in sizes]) for name, own in entries.items()]


def _paper_tables(table: pd.DataFrame) -> Iterator[str]:
    for molecule, part in table.groupby("molecule", sort=False):
        yield f"### {molecule}"
        for metric in PAPER_METRICS:
            sizes, lines = pivot(part[part["metric"] == metric])
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

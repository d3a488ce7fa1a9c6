"""Result rows as CSV, Parquet, Markdown and LaTeX files."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import pandas as pd

from hpcmlff.report.beside import beside
from hpcmlff.report.files import report_file
from hpcmlff.report.findings import Finding
from hpcmlff.report.latex import latex
from hpcmlff.report.markdown import document
from hpcmlff.report.reference.reading import table as reference_table
from hpcmlff.report.rows import tidy
from hpcmlff.report.wide import wide_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpcmlff.report.reference.reading import Reference
    from hpcmlff.report.section import Section


def write_csv(rows: pd.DataFrame, path: Path) -> None:
    """Write all rows as CSV after RFC 4180, UTF-8, floats with every digit.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    path
        The file; replaced whole.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        The file cannot be written.
    """
    _write_csv(tidy(rows), path)


def write_parquet(rows: pd.DataFrame, path: Path) -> None:
    """Write all rows as Parquet, types kept.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    path
        The file; replaced whole.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        The file cannot be written.
    """
    table = tidy(rows)
    with report_file(path) as temporary:
        table.to_parquet(temporary, engine="pyarrow", index=False)


def write_markdown(
    rows: pd.DataFrame,
    path: Path,
    findings: Sequence[Finding] | None = None,
    references: Sequence[Reference] = (),
    sections: Sequence[Section] = (),
) -> None:
    """Write findings, the tables in the manner of a paper, costs, and all cells.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    path
        The file; replaced whole.
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
    HpcmlffError
        The file cannot be written.
    """
    text = document(rows, findings, references, sections)
    with report_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_latex(rows: pd.DataFrame, path: Path) -> None:
    """Write the tables in the manner of a paper for LaTeX with booktabs.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    path
        The file; replaced whole.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        The file cannot be written.
    """
    text = latex(rows)
    with report_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_wide_csv(rows: pd.DataFrame, path: Path) -> None:
    """Write the numbers behind the tables of a paper as CSV; see `wide_table`.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    path
        The file; replaced whole.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        The file cannot be written.
    """
    _write_csv(wide_table(rows), path)


def write_beside(rows: pd.DataFrame, references: Sequence[Reference], path: Path) -> None:
    """Write results beside what others reported as CSV; see `hpcmlff.report.beside`.

    Parameters
    ----------
    rows
        One row per cell, see `hpcmlff.report.rows.tidy`.
    references
        What others reported.
    path
        The file; replaced whole.

    Raises
    ------
    ValueError
        A column is missing.
    HpcmlffError
        The file cannot be written.
    """
    _write_csv(beside(rows, reference_table(references)), path)


def write_findings(findings: Sequence[Finding], path: Path) -> None:
    """Write what quality checks found as CSV, one line a finding, all of its cells' ids.

    Parameters
    ----------
    findings
        The findings.
    path
        The file; replaced whole.

    Raises
    ------
    HpcmlffError
        The file cannot be written.
    """
    lines = [
        one.as_json() | {"cells": " ".join(one.cells), "numbers": json.dumps(dict(one.numbers))}
        for one in findings
    ]
    columns = [field.name for field in fields(Finding)]
    _write_csv(pd.DataFrame(lines, columns=columns), path)


def write_section(section: Section, path: Path) -> None:
    """Write the numbers of a section as CSV, one line a simulation.

    Raises
    ------
    HpcmlffError
        The file cannot be written.
    """
    _write_csv(section.table, path)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with report_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\r\n", encoding="utf-8")

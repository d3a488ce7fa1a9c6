"""Result rows as CSV, Parquet and Markdown files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.report.files import report_file
from hpcmlff.report.markdown import document
from hpcmlff.report.rows import tidy
from hpcmlff.report.summary import learning_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["learning_table", "write_csv", "write_markdown", "write_parquet"]


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
    table = tidy(rows)
    with report_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\r\n", encoding="utf-8")


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


def write_markdown(rows: pd.DataFrame, path: Path) -> None:
    """Write the tables in the manner of a paper and the table of all cells.

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
    text = document(rows)
    with report_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

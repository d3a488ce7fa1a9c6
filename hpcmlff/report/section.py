"""A section of the report beside test errors: a table, its figures, what they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from hpcmlff.report.plot import Plot


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Section:
    """What simulations of one kind have come to."""

    name: str
    """One word; the CSV file's name and the page's anchor."""
    heading: str
    """What stands above it."""
    caption: str
    """What the columns are, in whole sentences."""
    columns: Sequence[tuple[str, str]]
    """Headings of the table for people, and their units."""
    lines: Sequence[Sequence[str]]
    """Its lines; the first column is text, the others are numbers or short words."""
    bad: Sequence[bool]
    """Which lines tell of something that went wrong."""
    table: pd.DataFrame
    """The numbers with every digit, one row a simulation."""
    plots: Sequence[Plot]
    """Its figures."""

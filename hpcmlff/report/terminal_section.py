"""A section of simulations, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from hpcmlff.report.section import Section


def render_section(section: Section) -> Iterator[RenderableType]:
    """Yield a section's table and what its columns are; nothing if it has no line."""
    if not section.lines:
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1),
                  collapse_padding=True, title=section.heading, title_justify="left",
                  title_style="bold")  # fmt: skip
    for number, (name, unit) in enumerate(section.columns):
        heading = Text(f"{name}\n{unit}" if unit else name)
        shown.add_column(heading, no_wrap=not number, justify="right" if number else "left")
    for line, is_bad in zip(section.lines, section.bad, strict=True):
        shown.add_row(*(Text(text) for text in line), style="red" if is_bad else "")
    yield shown
    yield Text(section.caption)

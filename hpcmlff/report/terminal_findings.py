"""What quality checks found, for the terminal: all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from hpcmlff.report.findings import grouped, tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from hpcmlff.report.findings import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def render_findings(findings: Sequence[Finding]) -> Iterator[RenderableType]:
    """Yield how many there are, then each with its cells and numbers, and what to do.

    Parameters
    ----------
    findings
        What the checks found, the worst first.
    """
    yield Text(f"Quality: {tally(findings)}.", style="bold")
    for group in grouped(findings):
        yield Text.assemble((group.severity, _STYLES[group.severity]), f" {group.code}")
        for one in group.findings:
            yield Padding(Text(f"{one.where}: {one.text}"), (0, 0, 0, 2))
        yield Padding(Text(f"{group.advice}.", style="italic"), (0, 0, 0, 2))

"""What is missing: cells without a result, and results that could not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

_FAILED = Kind(
    severity="warning",
    code="cells-failed",
    advice="See `status --failed`, correct the cause, then `retry`",
)
_STOPPED = Kind(
    severity="note",
    code="cells-stopped",
    advice="They go on from their checkpoints: python -m hpcmlff.resume",
)
_UNCHECKED = Kind(
    severity="warning",
    code="not-checked",
    advice="Quality checks know nothing of these cells' predictions; their errors are as stated",
)


def check(given: Examined) -> Iterator[Finding]:
    """Name the cells that points of the curves rest on less, and why."""
    for kind, state in ((_FAILED, CellState.FAILED), (_STOPPED, CellState.STOPPED)):
        cells = given.cells[given.cells["state"] == state]
        reasons = cells["reason"].fillna("") if "reason" in cells else cells["state"]
        for reason, group in cells.groupby(reasons, sort=False):
            yield kind.of(group, str(reason) or "without a reason", n_cells=len(group))
    problems = given.done["problem"].fillna("nothing was gathered of it")
    for problem, group in given.done[problems != ""].groupby(problems, sort=False):
        yield _UNCHECKED.of(group, str(problem), n_cells=len(group))

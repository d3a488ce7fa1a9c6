"""What one figure of learning curves is drawn from; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_CELLS = ["model", "variant", "size", "seed", "state"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CurveData:
    """Errors of one molecule."""

    metrics: tuple[str, str]
    """Columns of the left and of the right panel."""
    cells: pd.DataFrame
    """The molecule's cells with their variant."""
    lines: pd.DataFrame
    """Its lines of the learning table."""
    others: pd.DataFrame
    """What others reported: ``label model molecule size metric value``."""

    def reduced(self) -> CurveData:
        """Return the same without columns and lines that are not drawn."""
        lines = self.lines[self.lines["metric"].isin(self.metrics)]
        return replace(self, cells=self.cells[[*_CELLS, *self.metrics]], lines=lines)

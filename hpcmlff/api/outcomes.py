"""What the functions return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.reconcile import counts
from hpcmlff.spec.states import CellState
from hpcmlff.waiting import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from hpcmlff.api.store import Store
    from hpcmlff.reconcile import Standing
    from hpcmlff.report.findings import Finding


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Status:
    """Where the cells of a store stand."""

    standings: tuple[Standing, ...]
    """Each cell's state, attempts, newest progress and reason, in the grid's order."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells are in each state, every state named."""
        return counts(self.standings)

    @property
    def all_done(self) -> bool:
        """Every cell is trained and scored."""
        return all(one.state is CellState.DONE for one in self.standings)

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.standings)

    def __len__(self) -> int:
        return len(self.standings)

    def __str__(self) -> str:
        return f"{len(self)} cells: {summary(self.standings)}"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cell.

        Columns are ``cell_id label model molecule size seed state attempts reason``, and of
        the newest report ``step steps loss time_left_s``, missing where there is none.
        """
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.standings], columns=list(_COLUMNS))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Submission:
    """What a submission did."""

    store: Store
    """The store."""
    cells: tuple[str, ...]
    """Ids of the cells that were submitted."""
    jobs: tuple[str, ...]
    """The scheduler's names of their jobs; empty where nothing was left to train."""
    refused: str | None
    """Why the scheduler did not take the rest for now; None if it took all."""
    status: Status
    """Where the cells stand: after waiting, if that was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Collected:
    """Results with what is to be said of them."""

    rows: pd.DataFrame
    """One row per cell as `Store.results` has them, and ``findings``: what was found."""
    findings: tuple[Finding, ...]
    """What the quality checks found, the worst first."""
    files: tuple[Path, ...]
    """Tables, figures and the page that were written."""


_IDENTITY = ("model", "molecule", "size", "seed")
_PROGRESS = ("step", "steps", "loss", "time_left_s")
_COLUMNS = ("cell_id", "label", *_IDENTITY, "state", "attempts", "reason", *_PROGRESS)


def _row(one: Standing) -> dict[str, object]:
    return {
        "cell_id": one.cell.id,
        "label": one.cell.label,
        **{name: getattr(one.cell, name) for name in _IDENTITY},
        "state": one.state.value,
        "attempts": one.attempts,
        "reason": one.reason,
        **{name: one.progress.get(name) for name in _PROGRESS},
    }

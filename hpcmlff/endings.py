"""The attempts of a cell, and how each of them ended: what the store and the ledger say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.history import all_diagnoses
from hpcmlff.diagnosis.papers import Papers, papers_of
from hpcmlff.files import changed_at
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.reconcile import Standing
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One attempt."""

    papers: Papers
    """What it has left in its folder."""
    outcome: str
    """``done``, ``stopped``, ``failed``, ``killed``, ``running``, or ``brought in`` by a merge."""
    why: str
    """Why it ended, in its own words or the scheduler's."""
    diagnosis: Diagnosis | None
    """Why it ended; None while it runs."""

    @property
    def folder(self) -> AttemptFolder:
        """Its folder."""
        return self.papers.folder

    @property
    def began_at(self) -> float | None:
        """When it began, in seconds since the epoch."""
        try:
            started = datetime.fromisoformat(str(self.papers.start["started"]))
            return started.astimezone(UTC).timestamp()
        except (KeyError, ValueError):
            return changed_at(self.folder.start)

    @property
    def seen_at(self) -> float | None:
        """When it ended, or was last heard of."""
        if (ended := changed_at(self.folder.end)) is not None:
            return ended
        checkpoints = (path for _, path in self.folder.generations())
        files = (self.folder.progress, self.folder.log, *checkpoints)
        return max((at for path in files if (at := changed_at(path)) is not None), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All that a cell has been through."""

    tries: tuple[Tried, ...]
    """Its attempts, the newest first."""
    lost: Diagnosis | None
    """Why the newest job ended, if it never began the cell."""

    @property
    def newest(self) -> Diagnosis | None:
        """Why the newest of all these ended; None while it runs."""
        return self.lost or (self.tries[0].diagnosis if self.tries else None)


def history_of(store: Store, standing: Standing) -> History:
    """Return what a cell has been through.

    Parameters
    ----------
    store
        The store.
    standing
        The cell, and where it stands.
    """
    book, runs = Casebook(store=store), standing.state is CellState.RUNNING
    found = {one.attempt: one for one in all_diagnoses(book, standing.cell, running=runs)}
    folders = store.cell(standing.cell).attempts()
    tries = (_tried(book, standing, folder, found.get(folder.number)) for folder in folders)
    return History(tries=tuple(tries), lost=found.get(0))


def _tried(
    book: Casebook, standing: Standing, folder: AttemptFolder, found: Diagnosis | None
) -> Tried:
    papers = papers_of(folder)
    outcome = str(papers.end.get("outcome", "killed")) if found else "running"
    return Tried(
        papers=papers,
        outcome="brought in" if "merged_from" in papers.start else outcome,
        why=_why(book, papers, standing.cell.id) if found else "",
        diagnosis=found,
    )


def _why(book: Casebook, papers: Papers, cell_id: str) -> str:
    if papers.end:
        return str(papers.end.get("message") or papers.end.get("reason") or "")
    entry = book.entry(papers.record)
    return entry.ending(cell_id).words if entry else ""

"""The attempts of a cell, and how each of them ended: what the store and the ledger say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hpcmlff.files import changed_at, read_json
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.reconcile import Standing
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One attempt."""

    folder: AttemptFolder
    """Its folder."""
    start: Mapping[str, Any]
    """What it wrote when it began: host, versions, submission; empty if it was killed before."""
    end: Mapping[str, Any]
    """What it wrote when it ended; empty while it runs, or if it was killed."""
    progress: Mapping[str, Any]
    """Its newest report."""
    outcome: str
    """``done``, ``stopped``, ``failed``, ``killed``, ``running``, or ``brought in`` by a merge."""
    why: str
    """Why it ended, in words."""
    began_at: float | None
    """When it began, in seconds since the epoch."""
    seen_at: float | None
    """When it ended, or was last heard of."""

    @property
    def record(self) -> int:
        """Number of its submission in the ledger; 0 for none."""
        return int(self.start.get("record", 0))


def attempts_of(store: Store, standing: Standing) -> list[Tried]:
    """Return all attempts of a cell, the newest first.

    Parameters
    ----------
    store
        The store.
    standing
        The cell, and where it stands.
    """
    folders = store.cell(standing.cell).attempts()
    return [
        _tried(store, standing, folder, newest=position == 0)
        for position, folder in enumerate(folders)
    ]


def _tried(store: Store, standing: Standing, folder: AttemptFolder, *, newest: bool) -> Tried:
    start, end = read_json(folder.start) or {}, read_json(folder.end) or {}
    runs = newest and standing.state is CellState.RUNNING
    outcome = "running" if runs else str(end.get("outcome", "killed"))
    return Tried(
        folder=folder,
        start=start,
        end=end,
        progress=read_json(folder.progress) or {},
        outcome="brought in" if "merged_from" in start else outcome,
        why="" if runs else _why(store, standing, start, end),
        began_at=_began_at(folder, start),
        seen_at=changed_at(folder.end) or _last_sign_at(folder),
    )


def _why(store: Store, standing: Standing, start: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    """Return why an attempt ended: its own words, else the scheduler's."""
    if own := str(end.get("message") or end.get("reason") or ""):
        return own
    number = start.get("record", 0)
    if end or not number or not store.ledger.is_ended(number):
        return ""
    record = store.ledger.read(number)
    if standing.cell.id not in record.cells:
        return ""
    return store.ledger.cause(number, record.element(standing.cell.id))


def _began_at(folder: AttemptFolder, start: Mapping[str, Any]) -> float | None:
    try:
        return datetime.fromisoformat(str(start["started"])).astimezone(UTC).timestamp()
    except (KeyError, ValueError):
        return changed_at(folder.start)


def _last_sign_at(folder: AttemptFolder) -> float | None:
    files = [folder.progress, folder.log, *(path for _, path in folder.generations())]
    return max((at for path in files if (at := changed_at(path)) is not None), default=None)

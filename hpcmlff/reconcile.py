"""Where every cell stands: the store first, the scheduler second, joined by the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.choice import executor_for
from hpcmlff.executors.processes import is_alive, is_here
from hpcmlff.files import read_json
from hpcmlff.spec.profile import Profile
from hpcmlff.spec.states import LIVE, CellState, JobState
from hpcmlff.store.checkpoints import is_done

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder
    from hpcmlff.store.ledger import Record
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where one cell stands."""

    cell: Cell
    """The cell."""
    state: CellState
    """Its state."""
    attempts: int = 0
    """Attempts claimed so far."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    """Newest report of the newest attempt: step, steps, loss, time left."""
    reason: str = ""
    """Why it stopped or failed."""


def live_records(store: Store) -> dict[int, JobState]:
    """Ask the schedulers once for all open jobs; return the live ones by ledger number.

    Jobs found to be over are closed in the ledger.
    """
    live: dict[int, JobState] = {}
    by_profile: dict[str, list[Record]] = {}
    for record in store.ledger.open_records():
        if record.job is not None:
            by_profile.setdefault(record.profile["scheduler"], []).append(record)
    for records in by_profile.values():
        profile = Profile.model_validate(records[0].profile)
        states = executor_for(profile).states([record.job or {} for record in records])
        for record, state in zip(records, states, strict=True):
            if state in LIVE:
                live[record.number] = state
            else:
                # Somebody who may only look at the store still gets an answer.
                with suppress(OSError):
                    store.ledger.close(record)
    return live


def close_orphans(store: Store) -> None:
    """Close submissions that were cut off between intent and confirmation.

    Only for who holds the store's lock, or a submission under way would be closed. A
    job that did start looks at its record once it has confirmed it itself, and ends
    if it is closed; so its cells are not trained twice.
    """
    for record in store.ledger.open_records():
        if record.job is None:
            store.ledger.close(record)


def survey(store: Store, cells: Iterable[Cell]) -> list[Standing]:
    """Return where each of these cells stands, in their order."""
    jobs = live_records(store)
    owner = {cell_id: number for number in jobs for cell_id in store.ledger.read(number).cells}
    return [_standing(store, cell, owner.get(cell.id)) for cell in cells]


def counts(standings: Iterable[Standing]) -> dict[str, int]:
    """Return how many cells are in each state, every state named."""
    found = Counter(standing.state for standing in standings)
    return {state.value: found[state] for state in CellState}


def _standing(store: Store, cell: Cell, record: int | None) -> Standing:
    folder = store.cell(cell)
    attempts = folder.attempts()
    if attempts and is_done(folder):
        return Standing(cell=cell, state=CellState.DONE, attempts=len(attempts))
    if not attempts:
        state = CellState.PENDING if record is None else CellState.QUEUED
        return Standing(cell=cell, state=state)
    newest = attempts[0]
    state, reason = _of_attempt(newest, record)
    progress = read_json(newest.progress) or {}
    return Standing(
        cell=cell, state=state, attempts=len(attempts), progress=progress, reason=reason
    )


def _of_attempt(attempt: AttemptFolder, record: int | None) -> tuple[CellState, str]:
    start = read_json(attempt.start) or {}
    belongs = record is not None and start.get("record", record) == record
    if record is not None and not belongs:
        return CellState.QUEUED, ""
    end = read_json(attempt.end)
    if end is not None:
        failed = end["outcome"] == "failed"
        state = CellState.FAILED if failed else CellState.STOPPED
        return state, str(end.get("message") or end.get("reason") or "")
    if belongs and not _seen_dead(start.get("process")):
        return CellState.RUNNING, ""
    return CellState.STOPPED, "its process was killed"


def _seen_dead(process: Mapping[str, Any] | None) -> bool:
    return process is not None and is_here(process) and not is_alive(process)

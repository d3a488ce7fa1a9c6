"""Where cells stand: the store first, the scheduler second, joined by the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.processes import is_alive, is_here
from hpcmlff.files import changed_at, read_json
from hpcmlff.fruitless import fruitless_jobs
from hpcmlff.jobs import job_states
from hpcmlff.spec.states import LIVE, CellState, JobState
from hpcmlff.store.headers import look, newest_first

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.executors.base import JobStates
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder, CellFolder
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A live element that has a cell."""

    state: JobState
    """What the scheduler says of it."""
    again: bool
    """What stops with it goes on with it, or it ends in a moment; not where one job of this
    machine works through its cells."""
    follows: bool
    """It waits for another job of the same cell."""
    left: bool = False
    """It was asked to leave this cell, and goes on with its others."""


Claims = Mapping[int, Claim]
"""The live elements that have one cell, by number in the ledger."""


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
    unasked: bool = False
    """The scheduler could not be asked about its job."""
    record: int = 0
    """Number of the submission its newest attempt belongs to; 0 for none."""
    reported_at: float | None = None
    """When a running cell last reported, in seconds since the epoch by the store's disk."""
    saved_at: float | None = None
    """When a running cell's newest checkpoint was written; None before the first one."""


def survey(store: Store, cells: Iterable[Cell], *, fresh: bool = False) -> list[Standing]:
    """Return where each of these cells stands, in their order.

    Parameters
    ----------
    store
        The store.
    cells
        The cells.
    fresh
        Ask the scheduler even if its last answer is young: for who is about to submit.
    """
    claims = _claims(store, job_states(store, fresh=fresh))
    found = [_standing(store, cell, claims.get(cell.id, {})) for cell in cells]
    idle = {
        one.cell.id: one.record
        for one in found
        if one.state in {CellState.PENDING, CellState.STOPPED}
    }
    why = fruitless_jobs(store, idle) if idle else {}
    return [_given_up(one, why.get(one.cell.id)) for one in found]


def counts(standings: Iterable[Standing]) -> dict[str, int]:
    """Return how many cells are in each state, every state named."""
    found = Counter(standing.state for standing in standings)
    return {state.value: found[state] for state in CellState}


def _claims(store: Store, live: Mapping[int, JobStates]) -> dict[str, dict[int, Claim]]:
    claims: dict[str, dict[int, Claim]] = {}
    for number, states in live.items():
        record = store.ledger.read(number)
        each = record.cells_per_element
        again = each == 1 or record.profile["scheduler"] != "local"
        left = store.ledger.cancelled_cells(number) if each > 1 else frozenset()
        for position, cell_id in enumerate(record.cells):
            state = states[position // each]
            if state in LIVE:
                claim = Claim(
                    state=state,
                    again=again,
                    follows=record.after is not None,
                    left=cell_id in left,
                )
                claims.setdefault(cell_id, {})[number] = claim
    return claims


def _standing(store: Store, cell: Cell, claims: Claims) -> Standing:
    folder = store.cell(cell)
    seen = look(folder)
    if seen.done:
        return Standing(cell=cell, state=CellState.DONE, attempts=seen.attempts)
    unasked = any(claim.state is JobState.UNKNOWN for claim in claims.values())
    newest = seen.newest
    if newest is None:
        state = CellState.QUEUED if _any_future(claims.values()) else CellState.PENDING
        return Standing(cell=cell, state=state, unasked=unasked)
    start = read_json(newest.start) or {}
    state, reason = _of_attempt(newest, start, claims)
    if state is CellState.STOPPED and not reason:
        reason = f"its process was killed{_cause(store, cell, start)}"
    return Standing(
        cell=cell,
        state=state,
        attempts=seen.attempts,
        progress=read_json(newest.progress) or {},
        reason=reason,
        unasked=unasked,
        record=start.get("record", 0),
        **(_times(folder, newest) if state is CellState.RUNNING else {}),
    )


def _times(folder: CellFolder, newest: AttemptFolder) -> dict[str, float | None]:
    saved = next(newest_first(folder), None)
    return {
        "reported_at": changed_at(newest.progress),
        "saved_at": None if saved is None else changed_at(saved),
    }


def _of_attempt(
    attempt: AttemptFolder, start: Mapping[str, Any], claims: Claims
) -> tuple[CellState, str]:
    end = read_json(attempt.end)
    number = start.get("record", max(claims, default=0))
    own = claims.get(number)
    if end is None:
        if own and own.state is not JobState.QUEUED and not _seen_dead(start.get("process")):
            return CellState.RUNNING, ""
        return CellState.QUEUED if _has_future(number, claims) else CellState.STOPPED, ""
    reason = str(end.get("message") or end.get("reason") or "")
    if end["outcome"] == "failed":
        # What follows in a chain leaves a failed cell alone; a retry was asked for.
        later = (claim for key, claim in claims.items() if key > number)
        retried = any(not claim.follows and not claim.left for claim in later)
        return (CellState.QUEUED, "") if retried else (CellState.FAILED, reason)
    goes_on = _has_future(number, claims, killed=end["outcome"] == "killed")
    return (CellState.QUEUED, "") if goes_on else (CellState.STOPPED, reason)


def _has_future(number: int, claims: Claims, *, killed: bool = False) -> bool:
    """Tell whether a job will go on with a cell whose attempt, of one submission, is over."""
    for key, claim in claims.items():
        if claim.left:
            continue
        # A job that runs has left behind what another one took over, or what was killed
        # beside its other cells; one that waits comes to all of its cells.
        if key > number or claim.state is not JobState.RUNNING:
            return True
        if key == number and claim.again and not killed:
            return True
    return False


def _any_future(claims: Iterable[Claim]) -> bool:
    return any(not claim.left for claim in claims)


def _seen_dead(process: Mapping[str, Any] | None) -> bool:
    return process is not None and is_here(process) and not is_alive(process)


def _cause(store: Store, cell: Cell, start: Mapping[str, Any]) -> str:
    number = start.get("record", 0)
    if not store.ledger.is_ended(number):
        return ""
    cause = store.ledger.cause(number, store.ledger.read(number).element(cell.id))
    return f" ({cause})" if cause else ""


def _given_up(standing: Standing, reason: str | None) -> Standing:
    if reason is None:
        return standing
    return replace(standing, state=CellState.FAILED, reason=reason)

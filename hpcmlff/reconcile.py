"""Where cells stand: the store first, the scheduler second, joined by the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hpcmlff.claims import any_future, claims_of, has_future
from hpcmlff.diagnosis.attempts import diagnosis_of, diagnosis_of_job
from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.papers import papers_of
from hpcmlff.executors.processes import is_alive, is_here
from hpcmlff.files import changed_at
from hpcmlff.fruitless import Idle, fruitless
from hpcmlff.jobs import job_states
from hpcmlff.sites import site_of
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.states import CellState, JobState
from hpcmlff.store.headers import look, newest_first
from hpcmlff.store.holding import Away, cells_away

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpcmlff.claims import Claims
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.diagnosis.papers import Papers
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.layout import CellFolder
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
    unasked: bool = False
    """The scheduler could not be asked about its job."""
    record: int = 0
    """Number of the submission its newest attempt belongs to; 0 for none."""
    reported_at: float | None = None
    """When a running cell last reported, in seconds since the epoch by the store's disk."""
    saved_at: float | None = None
    """When a running cell's newest checkpoint was written; None before the first one."""
    diagnosis: Diagnosis | None = None
    """Why its newest attempt ended, if it has stopped or failed."""
    site: str = ""
    """The site that has it, if it is elsewhere."""


def survey(
    store: Store,
    cells: Iterable[Cell],
    *,
    fresh: bool = False,
    profile: Profile | None = None,
    site: str | None = None,
) -> list[Standing]:
    """Return where each of these cells stands, in their order.

    Parameters
    ----------
    store
        The store.
    cells
        The cells.
    fresh
        Ask the scheduler even if its last answer is young: for who is about to submit.
    profile
        How the next jobs will be run: its rules and its memory decide which cells go on;
        those of a cell's last job if left out.
    site
        The site this is, for leases; if left out what follows from store and profile.
    """
    claims = claims_of(store, job_states(store, fresh=fresh))
    book = Casebook(store=store, profile=profile)
    found = [_standing(book, cell, claims.get(cell.id, {})) for cell in cells]
    why = fruitless(book, [_idle(one) for one in found if one.state in _IDLE])
    found = [_given_up(book, one, why.get(one.cell.id)) for one in found]
    free = [one.cell for one in found if one.state in _FREE]
    if site is None and profile is not None:
        site = site_of(store, profile.name)
    away = cells_away(store, free, site) if free else {}
    return [_elsewhere(one, away.get(one.cell.id)) for one in found]


def counted(standings: Sequence[Standing]) -> str:
    """Return the counts of states in one line, such as ``3 done, 1 failed, 2 elsewhere (vega)``."""
    parts = [f"{number} {state}" for state, number in counts(standings).items() if number]
    sites = sorted({one.site for one in standings if one.site})
    # The last of the states is that of the cells which other sites have.
    return ", ".join(parts) + (f" ({', '.join(sites)})" if sites else "")


def counts(standings: Iterable[Standing]) -> dict[str, int]:
    """Return how many cells are in each state, every state named."""
    found = Counter(standing.state for standing in standings)
    return {state.value: found[state] for state in CellState}


_IDLE = frozenset({CellState.PENDING, CellState.STOPPED})
_FREE = _IDLE | {CellState.FAILED}


def _standing(book: Casebook, cell: Cell, claims: Claims) -> Standing:
    folder = book.store.cell(cell)
    seen = look(folder)
    if seen.done:
        return Standing(cell=cell, state=CellState.DONE, attempts=len(seen.attempts))
    unasked = any(claim.state is JobState.UNKNOWN for claim in claims.values())
    if not seen.attempts:
        state = CellState.QUEUED if any_future(claims.values()) else CellState.PENDING
        return Standing(cell=cell, state=state, unasked=unasked)
    papers = papers_of(seen.attempts[0])
    having = _with_job(papers, claims)
    standing = Standing(
        cell=cell,
        state=having or CellState.STOPPED,
        attempts=len(seen.attempts),
        progress=papers.progress,
        unasked=unasked,
        record=papers.record,
    )
    if having is CellState.RUNNING:
        return _with_times(standing, folder, papers)
    if having is not None and not _may_fail(papers, claims):
        return standing
    found = diagnosis_of(book, cell, seen.attempts, papers=papers)
    return _judged(standing, papers.end, found, book)


def _with_times(standing: Standing, folder: CellFolder, papers: Papers) -> Standing:
    saved = next(newest_first(folder), None)
    return replace(
        standing,
        reported_at=changed_at(papers.folder.progress),
        saved_at=None if saved is None else changed_at(saved),
    )


def _with_job(papers: Papers, claims: Claims) -> CellState | None:
    """Return where a begun cell stands that a job has; None if none has it."""
    # One that was killed before it could say belongs to the newest job.
    number = papers.start.get("record", max(claims, default=0))
    own, outcome = claims.get(number), papers.end.get("outcome")
    waits = own is None or own.state is JobState.QUEUED
    if not papers.end and not waits and not _seen_dead(papers.start.get("process")):
        return CellState.RUNNING
    shared = own is not None and not own.alone
    lost = outcome == "killed" or (outcome == "failed" and shared)
    return CellState.QUEUED if has_future(number, claims, lost=lost) else None


def _may_fail(papers: Papers, claims: Claims) -> bool:
    """Tell whether a cell that a job has may have failed all the same.

    What follows in a chain leaves a failed cell alone; any other later job was asked for.
    """
    later = (claim for number, claim in claims.items() if number > papers.record)
    return bool(papers.end) and all(claim.follows or claim.left for claim in later)


def _judged(
    standing: Standing, end: Mapping[str, Any], found: Diagnosis, book: Casebook
) -> Standing:
    """Apply the rule of the cause of a cell's last end."""
    if found.rule is not Rule.STOP and standing.state is CellState.QUEUED:
        return standing
    state = CellState.FAILED if found.rule is Rule.STOP else standing.state
    reason = _written(end) or _killed(book, standing)
    follows = _what_follows(found, written=end.get("outcome") == "failed")
    return replace(standing, state=state, reason=reason + follows, diagnosis=found)


def _written(end: Mapping[str, Any]) -> str:
    words = str(end.get("message") or end.get("reason") or "")
    return f"{words} ({end['signal']})" if "signal" in end else words


def _killed(book: Casebook, standing: Standing) -> str:
    entry = book.entry(standing.record)
    words = entry.ending(standing.cell.id).words if entry else ""
    return f"its process was killed ({words})" if words else "its process was killed"


def _what_follows(found: Diagnosis, *, written: bool) -> str:
    """Return what the rule makes of an end, where the reason does not say it."""
    if found.mem_gb is not None:
        return f"; goes on with {found.mem_gb:g} GiB"
    if found.rule is Rule.STOP and (found.cause is Cause.OUT_OF_MEMORY or not written):
        first = found.advice.partition(". ")[0]
        return f"; {found.cause}: {first[:1].lower()}{first[1:]}"
    return ""


def _seen_dead(process: Mapping[str, Any] | None) -> bool:
    return process is not None and is_here(process) and not is_alive(process)


def _idle(standing: Standing) -> Idle:
    mem_gb = standing.diagnosis.mem_gb if standing.diagnosis else None
    return Idle(
        cell=standing.cell, record=standing.record, attempts=standing.attempts, mem_gb=mem_gb
    )


def _given_up(book: Casebook, standing: Standing, reason: str | None) -> Standing:
    if reason is None:
        return standing
    cell = standing.cell.id
    # Where the job never began the cell, its end is what is to be known.
    found = standing.diagnosis or diagnosis_of_job(book, book.newest_with(cell), cell)
    return replace(standing, state=CellState.FAILED, reason=reason, diagnosis=found)


def _elsewhere(standing: Standing, away: Away | None) -> Standing:
    if away is None:
        return standing
    return replace(
        standing, state=CellState.ELSEWHERE, site=away.site, reason=away.why, diagnosis=None
    )

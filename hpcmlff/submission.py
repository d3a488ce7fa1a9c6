"""What `submit` and `resume` share: choose, announce, submit, watch, tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.announcing import announcement, confirmed, facts_of_jobs, kinds, reasons
from hpcmlff.console import emit_json, next_step, say, wrapped
from hpcmlff.dispatch import Dispatch, dispatch
from hpcmlff.outlook.misfits import warnings
from hpcmlff.reconcile import Standing, counts, survey
from hpcmlff.spec.states import CellState
from hpcmlff.waiting import count_lines, summary, wait

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """How to submit."""

    profile: Profile
    """How jobs are run here."""
    retry_failed: bool
    """Submit failed cells as well."""
    waiting: bool
    """Stay until no job has a cell any more."""
    as_json: bool
    """Tell the outcome as JSON on stdout."""
    yes: bool = True
    """Do not ask before submitting."""
    careful: bool = False
    """Ask on a machine of one's own as well."""


def carry_out(store: Store, frozen: FrozenGrid, request: Request) -> int:
    """Submit the cells that need it, say so, and watch them if asked to.

    Returns
    -------
    int
        0; after waiting 1 if a cell is not done.
    """

    def agree(proposal: Proposal) -> bool:
        _tell_counts(proposal.before)
        for line in reasons(proposal):
            say(line)
        say(announcement(request.profile, proposal))
        for line in warnings(request.profile, proposal, store.path):
            say(wrapped(line))
        if request.careful:
            return console.confirmed("submit?", yes=request.yes)
        return confirmed(request.profile, yes=request.yes)

    made = dispatch(store, frozen, request.profile, retry_failed=request.retry_failed, agree=agree)
    _tell(store, made, request)
    standings: Sequence[Standing] = made.proposal.before
    if request.waiting and (made.records or not made.proposal.batches):
        standings = _watched(store, frozen, request)
        say(summary(standings))
        _tell_failures(standings)
    elif made.records:
        standings = survey(store, frozen.cells)
    if request.as_json:
        facts = _facts(store.path, standings, made.cells)
        why = {one.cell.id: one.reason or one.state.value for one in made.proposal.chosen}
        refused = str(made.refusal or "") or None
        facts |= facts_of_jobs(request.profile, made.proposal)
        emit_json({**facts, "reasons": why, "jobs": made.job_ids, "refused": refused})
    over = {CellState.DONE, CellState.ELSEWHERE}
    all_done = all(standing.state in over for standing in standings)
    return 0 if all_done or not request.waiting else 1


def _watched(store: Store, frozen: FrozenGrid, request: Request) -> list[Standing]:
    try:
        return wait(store, frozen, request.profile)
    except KeyboardInterrupt:
        say(f"the cells go on; {next_step('hpcmlff.status', store.path)}")
        raise


def _tell(store: Store, made: Dispatch, request: Request) -> None:
    if not made.proposal.batches:
        _tell_counts(made.proposal.before)
        say("nothing to train")
        _tell_failures(made.proposal.before)
    elif not made.records:
        say("nothing was submitted")
    else:
        chosen = {standing.cell.id: standing.cell for standing in made.proposal.chosen}
        name, jobs = request.profile.name, ", ".join(made.job_ids)
        submitted = kinds([chosen[cell_id] for cell_id in made.cells])
        say(f"submitted {submitted} as job {jobs} of the profile {name!r}")
    if made.refusal is not None:
        say(f"the rest was not taken for now: {made.refusal}")
        say(f"once there is room, {next_step('hpcmlff.resume', store.path)}")
    if not request.waiting:
        say(next_step("hpcmlff.status", store.path))


def _tell_counts(standings: Sequence[Standing]) -> None:
    for line in count_lines(standings):
        say(line)


def _tell_failures(standings: Iterable[Standing]) -> None:
    failed = [standing for standing in standings if standing.state is CellState.FAILED]
    for standing in failed:
        say(f"failed: {standing.cell.label}: {standing.reason}")
    if failed:
        say("failed cells are tried again with --retry-failed")


def _facts(store: Path, standings: Iterable[Standing], submitted: Sequence[str]) -> dict[str, Any]:
    return {"store": str(store), "states": counts(standings), "submitted": list(submitted)}

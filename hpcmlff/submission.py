"""What `submit` and `resume` share: choose, announce, submit, watch, tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.console import emit_json, next_step, say
from hpcmlff.dispatch import Dispatch, choose, dispatch
from hpcmlff.executors.capacity import capacity_of, check_fits
from hpcmlff.prepare.draft import Draft, cells_before_settling
from hpcmlff.reconcile import Standing, counts, survey
from hpcmlff.spec.states import CellState
from hpcmlff.waiting import summary, wait

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.spec.axes import Point
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.profile import Profile
    from hpcmlff.spec.resources import Resources
    from hpcmlff.store.store import FrozenGrid, Store


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


def check_resources(
    profile: Profile, points: Iterable[Point], resources: Iterable[Resources]
) -> None:
    """Refuse cells that no job of the profile can hold.

    Raises
    ------
    GridError
        Says what was asked and what there is.
    """
    capacity = capacity_of(profile)
    for point, wanted in zip(points, resources, strict=True):
        label = f"{point.model}/{point.molecule}/n{point.size}"
        check_fits(capacity, wanted, label, profile.name)


def preview(made: Draft, request: Request) -> int:
    """Tell what a submission would do; nothing is written."""
    known = cells_before_settling(made)
    if known is None:
        say(f"{len(made.points)} cells; frames of a molecule are yet to be made")
        if request.as_json:
            emit_json({"cells": len(made.points), "submitted": None})
        return 0
    cells, store = known
    standings = survey(store, cells) if store else [_pending(cell) for cell in cells]
    chosen = choose(standings, retry_failed=request.retry_failed)
    say(f"{len(cells)} cells: {summary(standings)}")
    say(f"would submit {_kinds(chosen)} to the profile {request.profile.name!r}")
    if request.as_json:
        emit_json(_facts(made.store_path, standings, [cell.id for cell in chosen], None))
    return 0


def carry_out(store: Store, frozen: FrozenGrid, request: Request) -> int:
    """Submit the cells that need it, say so, and watch them if asked to.

    Returns
    -------
    int
        0; after waiting 1 if a cell is not done.
    """
    made = dispatch(store, frozen, request.profile, retry_failed=request.retry_failed)
    _announce(store, made, request)
    standings: Sequence[Standing] = made.before
    if request.waiting:
        standings = _watched(store, frozen, request)
        say(summary(standings))
        _tell_failures(standings)
    elif made.chosen:
        standings = survey(store, frozen.cells)
    if request.as_json:
        submitted = [cell.id for cell in made.chosen]
        emit_json(_facts(store.path, standings, submitted, made.job_id or None))
    all_done = all(standing.state is CellState.DONE for standing in standings)
    return 0 if all_done or not request.waiting else 1


def _watched(store: Store, frozen: FrozenGrid, request: Request) -> list[Standing]:
    try:
        return wait(store, frozen, request.profile)
    except KeyboardInterrupt:
        say(f"the cells go on; {next_step('hpcmlff.status', store.path)}")
        raise


def _announce(store: Store, made: Dispatch, request: Request) -> None:
    say(f"{len(made.before)} cells: {summary(list(made.before))}")
    if made.record is None:
        say("nothing to train")
        _tell_failures(made.before)
    else:
        name = request.profile.name
        say(f"submitted {_kinds(made.chosen)} as job {made.job_id} of the profile {name!r}")
    if not request.waiting:
        say(next_step("hpcmlff.status", store.path))


def _tell_failures(standings: Iterable[Standing]) -> None:
    failed = [standing for standing in standings if standing.state is CellState.FAILED]
    for standing in failed:
        say(f"failed: {standing.cell.label}: {standing.reason}")
    if failed:
        say("failed cells are tried again with --retry-failed")


def _kinds(cells: Sequence[Cell]) -> str:
    kinds = Counter(f"{cell.model}/{cell.molecule}" for cell in cells)
    listed = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return f"{len(cells)} cells ({listed})" if cells else "nothing"


def _pending(cell: Cell) -> Standing:
    return Standing(cell=cell, state=CellState.PENDING)


def _facts(
    store: Path, standings: Iterable[Standing], submitted: Sequence[str], job_id: str | None
) -> dict[str, Any]:
    return {
        "store": str(store),
        "states": counts(standings),
        "submitted": list(submitted),
        "job_id": job_id,
    }

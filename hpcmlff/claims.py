"""The live elements of jobs that have a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.spec.states import LIVE, JobState

if TYPE_CHECKING:
    from hpcmlff.executors.base import JobStates
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A live element that has a cell."""

    state: JobState
    """What the scheduler says of it."""
    again: bool
    """What stops with it goes on with it, or it ends in a moment; not where one job of this
    machine works through its cells."""
    alone: bool
    """The cell is its only one."""
    follows: bool
    """It waits for another job of the same cell."""
    left: bool = False
    """It was asked to leave this cell, and goes on with its others."""


Claims = Mapping[int, Claim]
"""The live elements that have one cell, by number in the ledger."""


def claims_of(store: Store, live: Mapping[int, JobStates]) -> dict[str, dict[int, Claim]]:
    """Return the claims to each cell that has one.

    Parameters
    ----------
    store
        The store.
    live
        Number in the ledger to the states of its elements, of jobs that are not over.
    """
    claims: dict[str, dict[int, Claim]] = {}
    for number, states in live.items():
        record = store.ledger.read(number)
        each = record.cells_per_element
        left = store.ledger.cancelled_cells(number) if each > 1 else frozenset()
        for position, cell_id in enumerate(record.cells):
            state = states[position // each]
            if state in LIVE:
                claims.setdefault(cell_id, {})[number] = Claim(
                    state=state,
                    again=not record.takes_turns,
                    alone=each == 1,
                    follows=record.after is not None,
                    left=cell_id in left,
                )
    return claims


def has_future(number: int, claims: Claims, *, lost: bool = False) -> bool:
    """Tell whether a job will go on with a cell whose attempt, of one submission, is over.

    Parameters
    ----------
    number
        The submission.
    claims
        The claims to the cell.
    lost
        The attempt was killed, or failed beside other cells: its job does not come back to it.
    """
    for key, claim in claims.items():
        if claim.left:
            continue
        # A job that runs has left behind what another one took over, or what was killed
        # beside its other cells; one that waits comes to all of its cells.
        if key > number or claim.state is not JobState.RUNNING:
            return True
        if key == number and claim.again and not lost:
            return True
    return False


def any_future(claims: Iterable[Claim]) -> bool:
    """Tell whether a job will begin a cell that has no attempt."""
    return any(not claim.left for claim in claims)

"""The live elements of jobs that have a cell."""

from __future__ import annotations

from collections.abc import Mapping
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
    alone: bool
    """The cell is its only one."""
    follows: bool
    """It waits for another job of the same cell."""


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
        each = int(record.placement["cells_per_element"])
        for position, cell_id in enumerate(record.cells):
            state = states[position // each]
            if state in LIVE:
                claim = Claim(state=state, alone=each == 1, follows=record.after is not None)
                claims.setdefault(cell_id, {})[number] = claim
    return claims

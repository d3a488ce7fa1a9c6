"""How the state of a cell is shown: one letter, which needs no colour and no special font."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hpcmlff.spec.states import CellState

MARKS = {
    CellState.DONE: "#",
    CellState.RUNNING: ">",
    CellState.QUEUED: "o",
    CellState.PENDING: ".",
    CellState.STOPPED: "=",
    CellState.FAILED: "X",
    CellState.ELSEWHERE: "/",
}
"""State to its mark, in the order in which states are shown."""

STYLES = {
    CellState.DONE: "green",
    CellState.RUNNING: "cyan",
    CellState.QUEUED: "",
    CellState.PENDING: "dim",
    CellState.STOPPED: "yellow",
    CellState.FAILED: "red",
    CellState.ELSEWHERE: "dim",
}
"""State to its colour on terminals that have any."""


def legend(states: Iterable[CellState]) -> str:
    """Return what the marks of these states mean: ``# done  X failed``."""
    found = set(states)
    return "  ".join(f"{mark} {state.value}" for state, mark in MARKS.items() if state in found)


def tally(states: Iterable[CellState]) -> str:
    """Return how many of these are done, and how many need somebody: ``125/250 25X 3=``."""
    number = Counter(states)
    needy = [state for state in (CellState.FAILED, CellState.STOPPED) if number[state]]
    others = [f"{number[state]}{MARKS[state]}" for state in needy]
    return " ".join([f"{number[CellState.DONE]}/{number.total()}", *others])

"""Which cells a user means: patterns of names, and conditions on what cells are; pure.

Cells are meant that fit any of the patterns, if there are any (`hpcmlff.spec.patterns`), and
all of the conditions: ``state=failed,stopped``, ``cause=disk_full``, ``size>=600``,
``schnet.cutoff=5``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import NoSuchCell, nearest
from hpcmlff.spec.causes import Cause
from hpcmlff.spec.conditions import matches
from hpcmlff.spec.patterns import PARTS, fitting
from hpcmlff.spec.states import CellState

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell

_CONDITION = re.compile(r"(?P<key>[A-Za-z][\w.-]*)\s*(?P<sign>=|!=|<=|>=|<|>)\s*(?P<value>.*)")
_STANDING = {
    "state": [state.value for state in CellState],
    "cause": [cause.key for cause in Cause],
}
_MISSING = object()
_SHOWN = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What a property of a cell has to be."""

    key: str
    """The property: ``state``, ``cause``, a part of the label, ``id``, or a hyperparameter."""
    sign: str
    """``=``, ``!=``, or a comparison of numbers."""
    value: str
    """What it is compared with; for ``=`` and ``!=`` patterns with commas between."""

    def __str__(self) -> str:
        return f"{self.key}{self.sign}{self.value}"

    def holds(self, known: Any) -> bool:
        """Tell whether a property's value is as wanted."""
        if self.sign in {"=", "!="}:
            return any(_equal(one, known) for one in self.values) == (self.sign == "=")
        return matches({self.key: f"{self.sign} {self.value}"}, {self.key: known})

    @property
    def values(self) -> list[str]:
        """What stands between the commas."""
        return [one.strip() for one in self.value.split(",")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What a user has named; all cells if that is nothing."""

    patterns: tuple[str, ...] = ()
    """Patterns of names."""
    conditions: tuple[Condition, ...] = ()
    """Conditions on the cells themselves."""
    states: tuple[Condition, ...] = ()
    """Conditions on where they stand: on their states, and why they have stopped or failed."""

    def __bool__(self) -> bool:
        return bool(self.patterns or self.conditions or self.states)

    def __str__(self) -> str:
        return " ".join([*self.patterns, *map(str, (*self.conditions, *self.states))])

    def cells(self, cells: Sequence[Cell]) -> list[Cell]:
        """Return the cells that are meant, whatever their state, in their order.

        Raises
        ------
        NoSuchCell
            A pattern fits no cell, or a condition's key is none of theirs; what is nearest
            is suggested.
        """
        for one in self.conditions:
            _check_key(one, cells)
        named = {cell.id for pattern in self.patterns for cell in fitting(pattern, cells)}
        return [
            cell
            for cell in cells
            if (not self.patterns or cell.id in named)
            and all(_holds(one, cell) for one in self.conditions)
        ]

    def has(self, state: CellState, cause: Cause | None = None) -> bool:
        """Tell whether cells in a state are meant, that have stopped or failed for a cause."""
        known = {"state": state.value, "cause": "" if cause is None else cause.key}
        return all(one.holds(known[one.key]) for one in self.states)


def selection(words: Iterable[str]) -> Selection:
    """Read what a user has written.

    Parameters
    ----------
    words
        Patterns and conditions.

    Raises
    ------
    NoSuchCell
        A condition names a state or cause that there is not, or compares with what is no
        number.
    """
    matches_ = [(word.strip(), _CONDITION.fullmatch(word.strip())) for word in words]
    conditions = [_checked(Condition(**match.groupdict())) for _, match in matches_ if match]
    return Selection(
        patterns=tuple(word for word, match in matches_ if not match),
        conditions=tuple(one for one in conditions if one.key not in _STANDING),
        states=tuple(one for one in conditions if one.key in _STANDING),
    )


def only(found: Sequence[Cell], chosen: Selection) -> Cell:
    """Return the one cell that was found.

    Parameters
    ----------
    found
        The cells that are meant.
    chosen
        What they were named by, for the message.

    Raises
    ------
    NoSuchCell
        There is none, or there are several.
    """
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchCell(f"no cell fits {str(chosen)!r}")
    labels = "".join(f"\n  {one.label}" for one in found[:_SHOWN])
    more = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    what = f"{len(found)} cells fit {str(chosen)!r}:{labels}{more}"
    raise NoSuchCell(what, hint="Name one of them")


def _checked(one: Condition) -> Condition:
    if known := _STANDING.get(one.key):
        for word in one.values:
            if one.sign not in {"=", "!="} or not any(fnmatchcase(s, word) for s in known):
                hint = nearest(word, known)
                raise NoSuchCell(f"{str(one)!r}: there is no such {one.key}", hint=hint)
    elif one.sign not in {"=", "!="} and _number(one.value) is None:
        raise NoSuchCell(f"{str(one)!r}: {one.value!r} is no number to compare with")
    return one


def _check_key(one: Condition, cells: Sequence[Cell]) -> None:
    settings = {(cell.model, name) for cell in cells for name in cell.settings}
    short = {*_STANDING, "id", *PARTS, *(name for _, name in settings)}
    if cells and one.key not in {*short, *map(".".join, settings)}:
        hint = nearest(one.key, short)
        raise NoSuchCell(f"{str(one)!r}: cells have no property {one.key!r}", hint=hint)


def _holds(one: Condition, cell: Cell) -> bool:
    if one.key in {*PARTS, "id"}:
        return one.holds(getattr(cell, one.key))
    model, _, name = one.key.rpartition(".")
    known = cell.settings.get(name, _MISSING) if model in {"", cell.model} else _MISSING
    return known is not _MISSING and one.holds(known)


def _equal(word: str, known: Any) -> bool:
    if isinstance(known, bool) or known is None:
        return word.lower() == str(known).lower()
    number = _number(word)
    if isinstance(known, int | float) and number is not None:
        return float(known) == number
    return fnmatchcase(str(known), word)


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None

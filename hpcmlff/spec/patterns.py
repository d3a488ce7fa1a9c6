"""Patterns of cells' names, and what was probably meant where nothing fits; pure.

A pattern is a label whose last parts may be left out, with ``*``, ``?`` and ``[...]`` in each
part: ``schnet``, ``schnet/glycine/*``, ``*/*/n200``, ``schnet/glycine/n200/s0``. The first
digits of an id name a cell as well, and so does its folder, as a shell completes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hpcmlff.errors import NoSuchCell, nearest

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell

PARTS = ("model", "molecule", "size", "seed")
"""What the parts of a label are."""

_SEED = PARTS.index("seed")
_ID = re.compile(r"[0-9a-f]{4,64}")
_FOLDER = re.compile(r"(?:.*/)?cells/((?:[^/]+/){2}n\d+/s\d+-[0-9a-f]{12})(?:/.*)?")


def fitting(pattern: str, cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells that a pattern fits, in their order.

    Raises
    ------
    NoSuchCell
        There is none; says which part fits nothing, and what is nearest.
    """
    folder = _FOLDER.fullmatch(pattern)
    parts = (folder[1] if folder else pattern.rstrip("/")).split("/")
    if len(parts) > len(PARTS):
        hint = "Write model/molecule/n200/s0, or less of it"
        raise NoSuchCell(f"{pattern!r} has more parts than a cell's name", hint=hint)
    left = list(cells)
    for position, part in enumerate(parts):
        before, left = left, [cell for cell in left if _fits(part, cell, position)]
        if not left and len(parts) == 1 and _ID.fullmatch(part):
            left = [cell for cell in before if cell.id.startswith(part)]
        if not left:
            raise NoSuchCell(_what(parts, position), hint=_hint(parts, position, before))
    return left


def _fits(part: str, cell: Cell, position: int) -> bool:
    if position == _SEED and "-" in part:
        return fnmatchcase(f"s{cell.seed}-{cell.id}", f"{part}*")
    return any(fnmatchcase(name, part) for name in _names(cell, position))


def _names(cell: Cell, position: int) -> tuple[str, ...]:
    """Return what a part of a cell's label may be called; first as the label has it."""
    value = str(getattr(cell, PARTS[position]))
    letter = {"size": "n", "seed": "s"}.get(PARTS[position])
    return (f"{letter}{value}", value) if letter else (value,)


def _what(parts: Sequence[str], position: int) -> str:
    what, before = PARTS[position], "/".join(parts[:position])
    if before:
        return f"no cell fits {'/'.join(parts)!r}: {before} has no {what} {parts[position]!r}"
    ids = ", and no id begins with it" if _ID.fullmatch(parts[0]) else ""
    return f"no cell fits {'/'.join(parts)!r}: there is no model {parts[0]!r}{ids}"


def _hint(parts: Sequence[str], position: int, among: Sequence[Cell]) -> str:
    if len(parts) == 1:
        for later in range(1, len(PARTS)):
            if any(_fits(parts[0], cell, later) for cell in among):
                return f"Did you mean {'*/' * later + parts[0]!r}?"
    return nearest(parts[position], {_names(cell, position)[0] for cell in among})

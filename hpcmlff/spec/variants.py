"""What tells cells of one model apart that are trained on the same frames; pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpcmlff.spec.cells import Cell

Varied = Mapping[str, Sequence[str]]
"""Model to the names of the hyperparameters that the grid varies."""


def varied(cells: Iterable[Cell]) -> Varied:
    """Return which hyperparameters differ between cells of a model."""
    kinds: dict[str, dict[str, Mapping[str, Any]]] = {}
    for cell in cells:
        kinds.setdefault(cell.model, {}).setdefault(repr(cell.settings), cell.settings)
    return {model: _differing(list(found.values())) for model, found in kinds.items()}


def variant(cell: Cell, names: Varied) -> str:
    """Return what tells a cell from those of other variants: ``cutoff=4, steps=1000``."""
    own = (name for name in names[cell.model] if name in cell.settings)
    return ", ".join(f"{name}={shown(cell.settings[name])}" for name in own)


def shown(value: Any) -> str:
    """Return a hyperparameter's value as text; 10.0 and 10 are the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)


def short_names(cells: Sequence[Cell]) -> dict[str, str]:
    """Return the shortest name of each cell by its id: without the id where that is enough."""
    plain = {cell.id: cell.label.rpartition("-")[0] for cell in cells}
    number = Counter(plain.values())
    names = {cell.id: cell.label for cell in cells}
    return {key: name if number[name] == 1 else names[key] for key, name in plain.items()}


def _differing(kinds: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for one in kinds for name in one)
    return [name for name in names if len({repr(one.get(name, ...)) for one in kinds}) > 1]

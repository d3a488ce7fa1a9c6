"""Hyperparameters of every cell, resolved by the trainers' own models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import GridError, nearest
from hpcmlff.models import registry
from hpcmlff.spec.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.models.protocol import TrainerEntry
    from hpcmlff.spec.axes import Point
    from hpcmlff.spec.grid import Grid
    from hpcmlff.yamlio import Document

Settings = Mapping[str, Any]
"""All hyperparameters of one cell, defaults included, as plain JSON values."""


def variant(point: Point) -> str:
    """Return what cells with equal hyperparameters have in common."""
    return canonical_json([point.model, point.overrides])


def resolve(document: Document, grid: Grid, points: Iterable[Point]) -> dict[str, Settings]:
    """Return the settings of each variant.

    Raises
    ------
    GridError
        A model is unknown or not installed, or a hyperparameter is wrong.
    """
    for model in grid.models:
        if model not in registry.names():
            hint = nearest(model, registry.names())
            raise GridError(f"unknown model {model!r}", key=("models", model), hint=hint)
    found: dict[str, Settings] = {}
    for point in points:
        if (name := variant(point)) not in found:
            found[name] = _resolved(document, grid, point)
    return found


def _resolved(document: Document, grid: Grid, point: Point) -> Settings:
    entry = _entry(grid, point.model)
    given = grid.models.get(point.model, {})
    document.parse(entry.settings, given, ("models", point.model))
    for name, value in point.overrides:
        given = given | {name: _checked(document, entry, given, name, value)}
    settings = entry.settings.model_validate(given, strict=False)
    return settings.model_dump(mode="json")


def _entry(grid: Grid, model: str) -> TrainerEntry:
    at = ("axes", "model", grid.axes.model.index(model)) if model in grid.axes.model else ()
    try:
        entry = registry.entry(model)
    except GridError as error:
        error.key = at
        raise
    registry.check_installed(entry, at)
    return entry


def _checked(
    document: Document, entry: TrainerEntry, given: Settings, name: str, value: Any
) -> Any:
    key = ("axes", f"{entry.name}.{name}")
    known = entry.settings.model_fields
    if name not in known:
        hint = nearest(name, known)
        raise GridError(f"{entry.name} has no setting {name!r}", key=key, hint=hint)
    try:
        document.parse(entry.settings, dict(given) | {name: value}, ("models", entry.name))
    except GridError as error:
        raise GridError(f"{value!r} is not a valid {name}: {error.what}", key=key) from None
    return value

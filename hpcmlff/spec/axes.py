"""From axes to points: the grid's product, less what is excluded, plus what is included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from hpcmlff.errors import GridError, Key, nearest
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.spec.conditions import literals, matches
from hpcmlff.spec.grid import Grid

BASE_AXES = ("model", "molecule", "size", "seed")
"""The axes every cell has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One place in the grid, before data and defaults are known."""

    model: str
    """Name of the trainer."""
    molecule: str
    """Name of the molecule."""
    size: int
    """Number of training frames."""
    seed: int
    """Seed."""
    overrides: tuple[tuple[str, Any], ...] = ()
    """Hyperparameters of this trainer that an axis varies, by name."""

    def axes(self) -> dict[str, Any]:
        """Return axis names and values, hyperparameters as ``trainer.name``."""
        values = {name: getattr(self, name) for name in BASE_AXES}
        return values | {f"{self.model}.{name}": value for name, value in self.overrides}


def expand(grid: Grid) -> tuple[Point, ...]:
    """Return the grid's points in a stable order, each once.

    Raises
    ------
    GridError
        An axis names what does not exist, or no point is left.
    """
    axes = _axes(grid)
    _check_axes(grid, axes, ("axes",))
    _check_conditions(grid, axes)
    kept = [point for point in _points(axes) if not _excluded(grid, point)]
    for number, entry in enumerate(grid.include):
        kept.extend(_included(grid, entry, ("include", number)))
    if not kept:
        raise GridError("nothing is left of the grid after 'exclude'", key=("exclude",))
    return tuple({_identity(point): point for point in kept}.values())


def _axes(grid: Grid) -> dict[str, list[Any]]:
    axes = {name: getattr(grid.axes, name) for name in BASE_AXES}
    axes["molecule"] = axes["molecule"] or list(grid.molecules)
    return axes | dict(grid.axes.model_extra or {})


def _check_axes(grid: Grid, axes: Mapping[str, Any], at: Key) -> None:
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise GridError("an axis is a list of at least one value", key=(*at, name))
        if name not in BASE_AXES:
            _check_hyperparameter(name, axes, (*at, name))
    for molecule in axes["molecule"]:
        if molecule not in grid.molecules:
            hint = nearest(molecule, grid.molecules)
            raise GridError(f"unknown molecule {molecule!r}", key=(*at, "molecule"), hint=hint)


def _check_hyperparameter(name: str, axes: Mapping[str, Any], key: Key) -> None:
    model, dot, _ = name.partition(".")
    if not dot:
        raise GridError("unknown key", key=key, hint=nearest(name, BASE_AXES))
    if model not in axes["model"]:
        raise GridError(
            f"the axis varies {model!r}, which is not among the models",
            key=key,
            hint=nearest(model, axes["model"]),
        )


def _check_conditions(grid: Grid, axes: Mapping[str, Any]) -> None:
    conditions: list[tuple[Key, Mapping[str, Any]]]
    conditions = [(("exclude", i), c) for i, c in enumerate(grid.exclude)]
    conditions += [(("resources", i, "when"), r.when) for i, r in enumerate(grid.resources)]
    known = set(axes).union(*grid.include)
    for at, condition in conditions:
        for name, want in condition.items():
            if name not in known:
                raise GridError("unknown axis", key=(*at, name), hint=nearest(name, known))
            _check_literals(name, want, _values(grid, axes, name), (*at, name))


def _values(grid: Grid, axes: Mapping[str, Any], name: str) -> list[Any]:
    added = [literals(entry[name]) for entry in grid.include if name in entry]
    return [*axes.get(name, ()), *(value for values in added for value in values)]


def _check_literals(name: str, want: Any, values: Sequence[Any], key: Key) -> None:
    for value in literals(want):
        if value not in values:
            hint = nearest(str(value), map(str, values))
            raise GridError(f"no cell has the {name} {value!r}", key=key, hint=hint)


def _points(axes: Mapping[str, Sequence[Any]]) -> Iterator[Point]:
    for model in axes["model"]:
        own = [name for name in axes if name.startswith(f"{model}.")]
        bare = [name.partition(".")[2] for name in own]
        for molecule in axes["molecule"]:
            for values in product(*(axes[name] for name in own)):
                overrides = tuple(zip(bare, values, strict=True))
                for size, seed in product(axes["size"], axes["seed"]):
                    yield Point(
                        model=model, molecule=molecule, size=size, seed=seed, overrides=overrides
                    )


def _excluded(grid: Grid, point: Point) -> bool:
    return any(matches(condition, point.axes()) for condition in grid.exclude)


def _included(grid: Grid, entry: Mapping[str, Any], at: Key) -> Iterator[Point]:
    axes = {name: value if isinstance(value, list) else [value] for name, value in entry.items()}
    axes.setdefault("seed", grid.axes.seed)
    axes.setdefault("molecule", list(grid.molecules))
    for name in ("model", "size"):
        if name not in axes:
            raise GridError(f"an included point needs {name!r}", key=at)
    _check_axes(grid, axes, at)
    _check_numbers(axes, at)
    yield from _points(axes)


def _check_numbers(axes: Mapping[str, Sequence[Any]], at: Key) -> None:
    for name, least in (("size", 1), ("seed", 0)):
        for value in axes[name]:
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise GridError(f"{value!r} is not a {name}", key=(*at, name))


def _identity(point: Point) -> str:
    return canonical_json(point.axes())

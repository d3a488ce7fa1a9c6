"""A grid checked as far as it can be without writing, then settled in its store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff import yamlio
from hpcmlff.data.dataset import FixedSets
from hpcmlff.data.splits import make_split
from hpcmlff.errors import GridError
from hpcmlff.files import absolute
from hpcmlff.prepare.cells import cells_of, origin_of
from hpcmlff.prepare.molecules import (
    Ready,
    Tell,
    check_same,
    check_source,
    generate,
    keep,
    load,
)
from hpcmlff.prepare.settings import Settings, resolve
from hpcmlff.spec.axes import Point, expand
from hpcmlff.spec.grid import Grid
from hpcmlff.spec.resources import Asked, resources_of
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.store import (
    Store,
    check_name,
    check_writable,
    create_store,
    is_store,
    open_store,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.spec.grid import Molecule
    from hpcmlff.yamlio import Document


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Draft:
    """A checked grid, not yet in its store."""

    document: Document
    """The file, for messages."""
    grid: Grid
    """Its content."""
    store_path: Path
    """The store's folder."""
    points: tuple[Point, ...]
    """Its points."""
    settings: Mapping[str, Settings]
    """Hyperparameters of each variant."""
    resources: tuple[Asked, ...]
    """What the grid says that the cell of each point may use."""
    ready: Mapping[str, Ready]
    """Frames of the molecules that are read from files."""


def draft(path: Path, tell: Tell) -> Draft:
    """Read and check a grid file, its data and its store; write nothing.

    Parameters
    ----------
    path
        The grid file.
    tell
        Shown the findings of the plausibility check.

    Raises
    ------
    InputError
        Something is wrong, with file, line and key.
    StoreError
        The store belongs to another grid or cannot be written.
    """
    document = yamlio.read(path, GridError)
    grid = document.parse(Grid)
    with document.locating():
        points = expand(grid)
        settings = resolve(document, grid, points)
        molecules = molecules_of(grid, points)
        for name, molecule in molecules.items():
            check_source(molecule, path.parent, name)
        folder = absolute(path.parent / grid.store)
        store = _existing(folder, grid.name)
        ready = _load(molecules, path.parent, store, tell)
        _check_sizes(grid, points, molecules, ready)
    resources = tuple(resources_of(point.axes(), grid.resources) for point in points)
    return Draft(
        document=document,
        grid=grid,
        store_path=folder,
        points=points,
        settings=settings,
        resources=resources,
        ready=ready,
    )


def settle(made: Draft, tell: Tell) -> tuple[Store, FrozenGrid]:
    """Make or open the store, put the data in and freeze the grid.

    Raises
    ------
    StoreError
        The store belongs to another grid, cannot be written, or is being written.
    DataError
        Frames could not be generated.
    """
    store = create_store(made.store_path, made.grid.name)
    with store.exclusive():
        return store, store.grids.freeze(_resolved(made, store, tell))


def _resolved(made: Draft, store: Store, tell: Tell) -> FrozenGrid:
    molecules = molecules_of(made.grid, made.points)
    ready = {
        name: made.ready.get(name) or generate(store, molecule, name, tell)
        for name, molecule in molecules.items()
    }
    for name, one in ready.items():
        keep(store, name, one)
    return FrozenGrid(
        revision=0,
        grid=made.grid.model_dump(mode="json"),
        molecules={name: one.digest for name, one in ready.items()},
        cells=cells_of(made, {name: origin_of(one) for name, one in ready.items()}),
        resources=made.resources,
    )


def molecules_of(grid: Grid, points: Iterable[Point]) -> dict[str, Molecule]:
    """Return the molecules that points have."""
    return {point.molecule: grid.molecules[point.molecule] for point in points}


def _existing(folder: Path, name: str) -> Store | None:
    check_writable(folder)
    if not is_store(folder):
        return None
    store = open_store(folder)
    check_name(store, name)
    return store


def _load(
    molecules: Mapping[str, Molecule], folder: Path, store: Store | None, tell: Tell
) -> dict[str, Ready]:
    ready = {
        name: load(molecule, folder, name, tell)
        for name, molecule in molecules.items()
        if molecule.path is not None
    }
    for name, one in ready.items():
        if store is not None:
            check_same(store, name, one.digest)
    return ready


def _check_sizes(
    grid: Grid,
    points: Iterable[Point],
    molecules: Mapping[str, Molecule],
    ready: Mapping[str, Ready],
) -> None:
    largest: dict[tuple[str, int], int] = {}
    for point in points:
        key = (point.molecule, point.seed)
        largest[key] = max(point.size, largest.get(key, 0))
    for (name, seed), size in largest.items():
        recipe = molecules[name].generate
        n_frames = recipe.frames if recipe else len(ready[name].frames)
        fixed = FixedSets() if recipe else ready[name].fixed
        make_split(n_frames, fixed, grid.split, name, seed).train(size)

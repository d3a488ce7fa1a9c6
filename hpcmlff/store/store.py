"""The store as a whole: made once for one grid, opened by every command and job."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hpcmlff.errors import StoreError, StoreMismatch
from hpcmlff.files import create_once, json_bytes, read_json
from hpcmlff.spec.canonical import digest
from hpcmlff.spec.cells import Cell, cell_from_identity
from hpcmlff.spec.resources import Resources
from hpcmlff.store.layout import CellFolder, Layout
from hpcmlff.store.ledger import Ledger

STORE_FORMAT = 1
"""Raised when the layout changes."""

_REVISION = re.compile(r"r(\d{6,})\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenGrid:
    """A grid as it was resolved at a submission."""

    revision: int
    """Counted from 1; a changed grid is a new revision."""
    grid: Mapping[str, Any]
    """The grid file's content, defaults included."""
    molecules: Mapping[str, str]
    """Name of each molecule to the SHA-256 of its frames."""
    cells: tuple[Cell, ...]
    """All cells of this revision, in the grid's order."""
    resources: tuple[Resources, ...]
    """What each cell may use, in the same order."""
    digest: str = field(default="")
    """SHA-256 of all of this but the revision."""


@dataclass(frozen=True, slots=True)
class Store:
    """An opened store."""

    layout: Layout
    """Where things are."""
    name: str
    """Name of the grid it belongs to."""

    @property
    def path(self) -> Path:
        """The store's folder."""
        return self.layout.root

    @property
    def ledger(self) -> Ledger:
        """The submissions."""
        return Ledger(self.layout.ledger)

    def cell(self, cell: Cell) -> CellFolder:
        """Return a cell's folder."""
        return self.layout.cell(cell.label)

    @contextmanager
    def exclusive(self, wait_s: float = 60.0) -> Iterator[None]:
        """Keep other commands from planning or submitting at the same time.

        Raises
        ------
        StoreError
            Another command has held the store for longer than `wait_s`.
        """
        lock = FileLock(self.layout.lock, fallback_to_soft=False)
        try:
            with lock.acquire(timeout=wait_s):
                yield
        except Timeout:
            raise StoreError(
                "another command is submitting to this store",
                where=str(self.path),
                hint="Wait for it to end and try again",
            ) from None

    def freeze(self, frozen: FrozenGrid) -> FrozenGrid:
        """Write a resolved grid, unless it equals the newest revision.

        Returns
        -------
        FrozenGrid
            The revision in force, with its number and digest.
        """
        facts = _frozen_facts(frozen)
        found = digest(facts)
        newest = self.newest_grid()
        if newest is not None and newest.digest == found:
            return newest
        revision = newest.revision + 1 if newest else 1
        while not create_once(self._grid_path(revision), [json_bytes(facts)]):
            revision += 1
        return self.grid(revision)

    def newest_grid(self) -> FrozenGrid | None:
        """Return the newest revision, or None before the first submission."""
        if not self.layout.grids.is_dir():
            return None
        names = (entry.name for entry in self.layout.grids.iterdir())
        numbers = [int(match[1]) for name in names if (match := _REVISION.fullmatch(name))]
        return self.grid(max(numbers)) if numbers else None

    def grid(self, revision: int) -> FrozenGrid:
        """Return one revision of the frozen grid.

        Raises
        ------
        StoreError
            There is no such revision, or its file is damaged.
        """
        facts = read_json(self._grid_path(revision))
        if facts is None:
            raise StoreError("the frozen grid is damaged", where=str(self._grid_path(revision)))
        return FrozenGrid(
            revision=revision,
            grid=facts["grid"],
            molecules=facts["molecules"],
            cells=tuple(cell_from_identity(identity) for identity in facts["cells"]),
            resources=tuple(_resources(facts)),
            digest=digest(facts),
        )

    def current_grid(self) -> FrozenGrid:
        """Return the newest revision.

        Raises
        ------
        StoreError
            Nothing was ever submitted to this store.
        """
        newest = self.newest_grid()
        if newest is None:
            raise StoreError(
                "the store holds no grid yet",
                where=str(self.path),
                hint="Submit one: python -m hpcmlff.submit grid.yaml",
            )
        return newest

    def _grid_path(self, revision: int) -> Path:
        return self.layout.grids / f"r{revision:06d}.json"


def open_store(path: Path) -> Store:
    """Open an existing store.

    Raises
    ------
    StoreError
        There is none, or it was written by a newer hpcmlff.
    """
    layout = Layout(path.resolve())
    facts = read_json(layout.marker)
    if not isinstance(facts, dict) or "format" not in facts:
        raise StoreError("is not a store (no readable store.json)", where=str(path))
    if facts["format"] > STORE_FORMAT:
        raise StoreError(
            f"was written by a newer hpcmlff (format {facts['format']})",
            where=str(path),
            hint="Update hpcmlff to use it",
        )
    return Store(layout, facts["name"])


def is_store(path: Path) -> bool:
    """Tell whether a folder is a store."""
    return Layout(path).marker.is_file()


def create_store(path: Path, name: str) -> Store:
    """Make a store, or open the one that is there if it has this name.

    Raises
    ------
    StoreMismatch
        The store belongs to a grid of another name.
    StoreError
        The folder cannot be written, or holds something else.
    """
    layout = Layout(path.resolve())
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        # A hidden file may be the marker that another command is just writing.
        strange = [entry for entry in layout.root.iterdir() if not entry.name.startswith(".")]
        if strange and not layout.marker.exists():
            raise StoreError(
                "the folder is not empty and not a store",
                where=str(path),
                hint="Choose another 'store' in the grid",
            )
        create_once(layout.marker, [json_bytes({"format": STORE_FORMAT, "name": name})])
        for folder in (layout.grids, layout.ledger, layout.dataset("").parent):
            folder.mkdir(exist_ok=True)
        layout.private.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"is not writable: {error.strerror}", where=str(path)) from None
    found = open_store(path)
    check_name(found, name)
    return found


def check_name(found: Store, name: str) -> None:
    """Refuse a store of another grid.

    Raises
    ------
    StoreMismatch
        The names differ.
    """
    if found.name != name:
        raise StoreMismatch(
            f"belongs to the grid {found.name!r}, this one is {name!r}",
            where=str(found.path),
            hint="Give this grid a store of its own",
        )


def check_writable(path: Path) -> None:
    """Refuse a folder that cannot be written, without making it.

    Raises
    ------
    StoreError
        Names the folder and the reason.
    """
    nearest = path.resolve()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise StoreError(f"is not writable: {nearest} is not a folder", where=str(path))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise StoreError(f"is not writable: no permission for {nearest}", where=str(path))


def _frozen_facts(frozen: FrozenGrid) -> dict[str, Any]:
    kinds = list(dict.fromkeys(frozen.resources))
    return {
        "grid": dict(frozen.grid),
        "molecules": dict(frozen.molecules),
        "cells": [cell.identity() for cell in frozen.cells],
        "resources": [kind.model_dump() for kind in kinds],
        "resources_of_cells": [kinds.index(one) for one in frozen.resources],
    }


def _resources(facts: Mapping[str, Any]) -> Iterator[Resources]:
    kinds = [Resources.model_validate(kind, strict=False) for kind in facts["resources"]]
    return (kinds[number] for number in facts["resources_of_cells"])

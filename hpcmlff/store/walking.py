"""Every cell's folder that is on disk, whichever grid it belongs to.

A store may come from somebody else: links are not followed and strange names are not
used; both are reported.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.spec.cells import Cell, cell_from_identity
from hpcmlff.store.layout import CellFolder, entries
from hpcmlff.store.names import LABEL, NAME
from hpcmlff.store.sealed import open_plain

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from pathlib import Path

    from hpcmlff.store.layout import Layout


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Something in a store that is not used."""

    path: Path
    """What."""
    why: str
    """Why not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """What a walk through a store's cells found."""

    cells: dict[str, CellFolder]
    """Folders of cells by label, in the order of the labels."""
    refused: list[Refused]
    """Links and strange names on the way."""


def walk_cells(layout: Layout) -> Walk:
    """Find the folders of all cells.

    Raises
    ------
    OSError
        A folder cannot be read.
    """
    refused: list[Refused] = []
    found = [(layout.cells, "")]
    for pattern in LABEL:
        found = [
            (folder / name, f"{label}/{name}" if label else name)
            for folder, label in found
            for name in _names(folder, pattern, refused)
        ]
    cells = {label: CellFolder(path) for path, label in sorted(found, key=lambda one: one[1])}
    return Walk(cells=cells, refused=refused)


def datasets(layout: Layout) -> Iterator[tuple[str, Path] | Refused]:
    """Return molecule and file of all datasets."""
    for entry in sorted(entries(layout.datasets), key=lambda one: one.name):
        name, ending = os.path.splitext(entry.name)  # noqa: PTH122 - names may be hostile
        if ending != ".h5" or entry.name.startswith("."):
            continue
        if not NAME.fullmatch(name):
            yield Refused(path=layout.datasets / entry.name, why="is not a molecule's name")
        else:
            yield name, layout.datasets / entry.name


def _names(folder: Path, pattern: re.Pattern[str], refused: list[Refused]) -> list[str]:
    good = []
    for entry in entries(folder):
        if entry.is_symlink():
            refused.append(Refused(path=folder / entry.name, why="is a link, not followed"))
        elif not entry.is_dir(follow_symlinks=False):
            continue
        elif pattern.fullmatch(entry.name):
            good.append(entry.name)
        else:
            refused.append(Refused(path=folder / entry.name, why="is no name of this place"))
    return good


def read_facts(path: Path) -> Any:
    """Return a JSON file's content; unlike `hpcmlff.files.read_json`, say what is wrong.

    Raises
    ------
    StoreError
        It is no regular file, or not JSON.
    OSError
        It cannot be read, or is missing.
    """
    with open_plain(path) as file:
        text = file.read()
    try:
        return json.loads(text)
    except ValueError:
        raise StoreError("is not JSON", where=str(path)) from None


def stated_cell(folder: CellFolder, label: str) -> Cell:
    """Return the cell whose folder this says to be.

    Raises
    ------
    StoreError
        The description is damaged, or belongs to another folder.
    OSError
        It cannot be read, or is missing.
    """
    facts = read_facts(folder.description)
    stated = facts.pop("id", None) if isinstance(facts, dict) else None
    return checked_cell(facts, stated, label, str(folder.description))


def checked_cell(identity: Any, stated: Any, label: str, where: str) -> Cell:
    """Build a cell and hold its recomputed id and label against what is stated.

    Raises
    ------
    StoreError
        They differ, or the identity is none.
    """
    try:
        cell = cell_from_identity(identity)
    except (TypeError, ValueError, AttributeError):
        raise StoreError("does not describe a cell", where=where) from None
    if (cell.id, cell.label) != (stated, label):
        raise StoreError(f"describes another cell, {cell.label!r}", where=where)
    return cell

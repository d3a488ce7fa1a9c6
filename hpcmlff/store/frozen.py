"""Frozen grids: a grid as it was resolved at a submission, one small file a revision.

``r000001.json`` holds the grid, ``cells-<digest>.jsonl`` its cells, one a line, so that a
job finds its own among thousands without reading the rest into memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from hpcmlff.errors import StoreError
from hpcmlff.files import create_once, json_bytes, read_json
from hpcmlff.spec.canonical import digest
from hpcmlff.spec.cells import SHORT_ID, Cell, cell_from_identity
from hpcmlff.spec.resources import Asked

_REVISION = re.compile(r"r(\d{6,})\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenHead:
    """A frozen grid without its cells."""

    revision: int
    """Counted from 1; a changed grid is a new revision."""
    grid: Mapping[str, Any]
    """The grid file's content, defaults included."""
    molecules: Mapping[str, str]
    """Name of each molecule to the SHA-256 of its frames."""
    digest: str = field(default="")
    """SHA-256 of all of this and the cells, but not the revision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrozenGrid(FrozenHead):
    """A grid as it was resolved at a submission."""

    cells: tuple[Cell, ...]
    """All cells of this revision, in the grid's order."""
    resources: tuple[Asked, ...]
    """What the grid says that each cell may use, in the same order."""

    def head(self) -> FrozenHead:
        """Return it without its cells."""
        return FrozenHead(**{one.name: getattr(self, one.name) for one in fields(FrozenHead)})

    def part(self, ids: Collection[str]) -> FrozenGrid:
        """Return it with some of its cells only, by their ids; what is frozen stays the whole."""
        pairs = zip(self.cells, self.resources, strict=True)
        kept = [pair for pair in pairs if pair[0].id in ids]
        cells, resources = (tuple(column) for column in zip(*kept, strict=True))
        return replace(self, cells=cells, resources=resources)


@dataclass(frozen=True, slots=True)
class FrozenGrids:
    """The revisions under one folder."""

    folder: Path
    """``grid`` in the store."""

    def freeze(self, frozen: FrozenGrid) -> FrozenGrid:
        """Write a resolved grid, unless it equals the newest revision.

        Returns
        -------
        FrozenGrid
            The revision in force, with its number and digest.
        """
        kinds = list(dict.fromkeys(frozen.resources))
        lines = _lines(frozen.cells, [kinds.index(one) for one in frozen.resources])
        facts: dict[str, Any] = {
            "grid": dict(frozen.grid),
            "molecules": dict(frozen.molecules),
            "resources": [kind.model_dump() for kind in kinds],
            "cells": sha256(lines).hexdigest(),
        }
        facts["digest"] = digest(facts)
        newest = self.newest()
        if newest and self.head(newest).digest == facts["digest"]:
            return self.read(newest)
        create_once(self._cells_path(facts), [lines])
        revision = newest + 1
        while not create_once(self._path(revision), [json_bytes(facts)]):
            revision += 1
        return self.read(revision)

    def newest(self) -> int:
        """Return the number of the newest revision, 0 before the first submission."""
        if not self.folder.is_dir():
            return 0
        names = (entry.name for entry in self.folder.iterdir())
        return max((int(match[1]) for n in names if (match := _REVISION.fullmatch(n))), default=0)

    def head(self, revision: int) -> FrozenHead:
        """Return one revision without its cells.

        Raises
        ------
        StoreError
            There is no such revision, or its file is damaged.
        """
        return _head(self._facts(revision), revision)

    def read(self, revision: int) -> FrozenGrid:
        """Return one revision.

        Raises
        ------
        StoreError
            There is no such revision, or one of its files is damaged.
        """
        facts = self._facts(revision)
        path, text = self._cells_path(facts), self._cells_text(facts)
        if sha256(text).hexdigest() != facts["cells"]:
            raise StoreError("the frozen grid is damaged", where=str(path))
        rows = [json.loads(line) for line in text.splitlines()]
        kinds = [_asked(kind) for kind in facts["resources"]]
        head = _head(facts, revision)
        return FrozenGrid(
            **{one.name: getattr(head, one.name) for one in fields(FrozenHead)},
            cells=tuple(cell_from_identity(identity) for _, _, identity in rows),
            resources=tuple(kinds[kind] for _, kind, _ in rows),
        )

    def find_cell(self, revision: int, cell_id: str) -> Cell:
        """Return one cell by its id or the beginning of it, without reading the others.

        Raises
        ------
        StoreError
            There is none, or a file is damaged.
        """
        return self.find_cells(revision, [cell_id])[0]

    def find_cells(self, revision: int, cell_ids: Iterable[str]) -> list[Cell]:
        """Return some cells in the order of their ids, without reading the others.

        Raises
        ------
        StoreError
            One is not there, or a file is damaged.
        """
        text = b"\n" + self._cells_text(self._facts(revision)) + b"\n"
        cells = [(cell_id, _cell_in(text, cell_id)) for cell_id in cell_ids]
        missing = [cell_id for cell_id, cell in cells if cell is None]
        if missing:
            raise StoreError(f"no cell {missing[0]} in revision {revision} of the grid")
        return [cell for _, cell in cells if cell is not None]

    def _facts(self, revision: int) -> dict[str, Any]:
        path = self._path(revision)
        facts = read_json(path)
        if not isinstance(facts, dict) or "digest" not in facts:
            raise StoreError("the frozen grid is damaged", where=str(path))
        return facts

    def _cells_text(self, facts: Mapping[str, Any]) -> bytes:
        path = self._cells_path(facts)
        try:
            return path.read_bytes()
        except OSError as error:
            raise StoreError(f"cannot be read: {error.strerror}", where=str(path)) from None

    def _path(self, revision: int) -> Path:
        return self.folder / f"r{revision:06d}.json"

    def _cells_path(self, facts: Mapping[str, Any]) -> Path:
        return self.folder / f"cells-{facts['cells'][:SHORT_ID]}.jsonl"


def _head(facts: Mapping[str, Any], revision: int) -> FrozenHead:
    wanted = {key: facts[key] for key in ("grid", "molecules", "digest")}
    return FrozenHead(revision=revision, **wanted)


def _cell_in(text: bytes, cell_id: str) -> Cell | None:
    start, position = f'\n["{cell_id}'.encode(), -1
    while (position := text.find(start, position + 1)) >= 0:
        line = text[position + 1 : text.find(b"\n", position + 1)]
        found, _, identity = json.loads(line)
        cell = cell_from_identity(identity)
        if cell.id == found:
            return cell
    return None


def _lines(cells: Sequence[Cell], kinds: Sequence[int]) -> bytes:
    return "".join(_line(*pair) for pair in zip(cells, kinds, strict=True)).encode()


def _line(cell: Cell, kind: int) -> str:
    row = [cell.id, kind, cell.identity()]
    return json.dumps(row, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"


def _asked(kind: Mapping[str, Any]) -> Asked:
    return Asked.model_validate(kind, strict=False)

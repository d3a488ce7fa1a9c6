"""What is wrong in a store, and what serves instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpcmlff.errors import HpcmlffError

Tell = Callable[[int, int], None]
"""Called with the number of cells done and of all cells."""

NOTHING = "nothing: put a copy back, or move the cell's folder away to train it anew"
"""What serves a cell none of whose checkpoints verifies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One file that is damaged, or not used."""

    path: Path
    """The file."""
    what: str
    """What is wrong with it."""
    serves: str
    """What serves instead, or what to do."""
    movable: bool = False
    """It stands in the way of what serves, and may be set aside."""

    def row(self, root: Path) -> dict[str, str]:
        """Return it as plain values, the path as seen from the store."""
        return {"path": seen_from(root, self.path), "what": self.what, "serves": self.serves}


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What a look at every file of a store gave."""

    files: int = 0
    """Files that were read."""
    size_bytes: int = 0
    """Their bytes."""
    cells: int = 0
    """Folders of cells."""
    findings: list[Finding] = field(default_factory=list)
    """All that is wrong."""
    moved: list[Path] = field(default_factory=list)
    """New names of the files that were set aside."""

    def as_json(self, root: Path) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "store": str(root),
            "files": self.files,
            "bytes": self.size_bytes,
            "cells": self.cells,
            "findings": [one.row(root) for one in self.findings],
            "set_aside": [seen_from(root, path) for path in self.moved],
        }


def quietly(done: int, cells: int) -> None:
    """Tell nothing."""
    del done, cells


def seen_from(root: Path, path: Path) -> str:
    """Return a path from the store on."""
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)


def reason(error: Exception) -> str:
    """Return what an error says of a file, without the file's name."""
    if isinstance(error, HpcmlffError):
        return error.what
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"is not what it should be: {type(error).__name__} {error}".strip()

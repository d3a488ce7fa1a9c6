"""Where a store's bytes are."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff.store.layout import SIMULATIONS
from hpcmlff.store.names import GENERATION
from hpcmlff.store.pruning import surplus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.store.layout import Layout

KINDS = ("checkpoints", "blocks", "simulations", "logs", "records", "set aside", "leftovers")
"""What is in the folders of cells."""


@dataclass(kw_only=True, slots=True)
class Usage:
    """Bytes of a store; a file with two names counts once."""

    cells: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    """By model and molecule, then by kind; ``cells`` counts folders."""
    places: Counter[str] = field(default_factory=Counter)
    """By entry of the store's folder, ``cells`` included."""
    prunable: int = 0
    """Bytes that ``prune`` would free."""

    @property
    def total(self) -> int:
        """All bytes."""
        return sum(self.places.values())

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        rows = [
            {"model": model, "molecule": molecule, **{name: kinds[name] for name in _COLUMNS}}
            for (model, molecule), kinds in sorted(self.cells.items())
        ]
        places = dict(sorted(self.places.items()))
        return {"total": self.total, "cells": rows, "places": places, "prunable": self.prunable}


_COLUMNS = ("cells", *KINDS)


def usage(layout: Layout) -> Usage:
    """Add up the sizes of all files; links are not followed.

    Raises
    ------
    OSError
        A folder cannot be read.
    """
    found = Usage()
    seen: set[tuple[int, int]] = set()
    for path in _files(layout.root):
        facts = path.lstat() if os.path.lexists(path) else None
        if facts is None or (facts.st_dev, facts.st_ino) in seen:
            continue
        seen.add((facts.st_dev, facts.st_ino))
        parts = path.relative_to(layout.root).parts
        found.places[parts[0]] += facts.st_size
        if parts[0] == "cells" and len(parts) > 5:
            kinds = found.cells.setdefault((parts[1], parts[2]), Counter())
            kinds[_kind(path, parts[5])] += facts.st_size
            kinds["cells"] += path.name == "cell.json"
    found.prunable = sum(one.size_bytes for one in surplus(layout))
    return found


def _files(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in names:
            yield Path(folder) / name


def _kind(path: Path, within: str) -> str:
    if ".damaged" in path.suffix:
        return "set aside"
    if path.name.startswith("."):
        return "leftovers"
    if within == "blocks":
        return "blocks"
    if within in SIMULATIONS:
        return "simulations"
    if GENERATION.fullmatch(path.name) or path.name == "cell.h5":
        return "checkpoints"
    return "logs" if path.name == "log.txt" else "records"

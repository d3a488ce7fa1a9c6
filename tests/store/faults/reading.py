"""Readers of ``store.h5`` who know h5py and the format only, and who remember what they saw."""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from store.faults.actors import Journal
from store.faults.campaign import drawing
from store.faults.content import content, same
from store.faults.stores import cells

from hpcmlff.store.index import refresh
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.store import open_store


def replace_index(store: str, number: int, journal: str, stop: str) -> None:
    """Bring the index up to date again and again, until a file appears."""
    opened, listed, times = open_store(Path(store)), cells(number), 0
    while not Path(stop).exists():
        refresh(opened, listed)
        times += 1
    Journal(journal).note("replaced", times)


def commit_on(store: str, number: int, journal: str, stop: str, seed: int) -> None:
    """Train all cells in turns, each in a new attempt now and then, until a file appears."""
    from hpcmlff.store.attempts import claim
    from hpcmlff.store.checkpoints import commit

    opened, draw = open_store(Path(store)), drawing(seed)
    folders = [opened.cell(cell) for cell in cells(number)]
    attempts = [claim(folder) for folder in folders]
    sequence = 0
    while not Path(stop).exists():
        sequence += 1
        for position, folder in enumerate(folders):
            if draw.random() < 0.2:
                attempts[position] = claim(folder)
            made = content(folder, attempts[position].number, sequence)
            commit(folder, attempts[position], sequence, made, final=False)
    Journal(journal).note("committed", sequence * number)


@dataclass
class Reader:
    """One reader."""

    index: Path
    """``store.h5``."""
    draw: random.Random
    """Chooses the links to follow."""
    listed: dict[str, int] = field(default_factory=dict)
    """Highest sequence of each cell in the table so far."""
    linked: dict[str, int] = field(default_factory=dict)
    """Highest sequence of each cell behind its link so far."""

    def read(self) -> list[str]:
        """Open the file, read the whole table, follow one link; return what is wrong."""
        try:
            with h5py.File(self.index, "r", locking=False) as file:
                rows = {row["label"].decode(): int(row["sequence"]) for row in file["index"][()]}
                wrong = _backwards("listed", self.listed, rows)
                label = self.draw.choice(sorted(rows))
                sequence, differs = _look_at(file[f"cells/{label}"], self.index.parent, label)
        except (OSError, KeyError, RuntimeError) as error:
            return [f"{type(error).__name__}: {error}"]
        known = {label: max(rows[label], self.linked.get(label, 0))}
        wrong += _backwards("linked", known, {label: sequence}) + differs
        self.linked |= known
        return wrong


def _backwards(how: str, known: dict[str, int], found: dict[str, int]) -> list[str]:
    wrong = [
        f"{how} {label}: {found.get(label)} after {sequence}"
        for label, sequence in known.items()
        if found.get(label, 0) < sequence
    ]
    known |= found
    return wrong


def _look_at(group: h5py.Group, root: Path, label: str) -> tuple[int, list[str]]:
    """Compare all a checkpoint holds with what its writer meant to write."""
    notes = json.loads(group["notes"][()].tobytes())
    attempt, sequence = notes["written_by"]
    wanted = content(CellFolder(root / "cells" / label), attempt, sequence)
    arrays = _arrays(group)
    good = notes == wanted.notes and arrays.keys() == wanted.packed.keys() | wanted.plain.keys()
    both = {**wanted.packed, **wanted.plain}
    good = good and all(same(array, both[name]) for name, array in arrays.items())
    return sequence, [] if good else [f"{label}: {attempt}, {sequence} has another content"]


def _arrays(group: h5py.Group) -> dict[str, NDArray[Any]]:
    found = {"split/test": group["split/test"][()]}
    for entry in json.loads(group["contents"][()].tobytes()):
        size = int(np.prod(entry["shape"], dtype=int))
        flat = group[f"packed/{entry['dtype']}"]
        part = flat[entry["offset"] : entry["offset"] + size]
        found[entry["name"]] = part.reshape(entry["shape"])
    return found


def read_on(index: str, times: int, journal: str, seed: int) -> None:
    """Read so many times, and note what is wrong."""
    reader, notes = Reader(Path(index), drawing(seed)), Journal(journal)
    for number in range(times):
        for wrong in reader.read():
            notes.note("wrong", f"read {number} of {os.getpid()}: {wrong}")
    notes.note("read", times)

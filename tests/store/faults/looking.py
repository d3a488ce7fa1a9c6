"""Is a cell as it must be? Looked at from outside, after the fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import h5py
from store.faults.content import differences

from hpcmlff.errors import HpcmlffError
from hpcmlff.store.checkpoints import KEEP, Checkpoint, restore
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.sealed import verify


def wrong_with(cell: CellFolder, acknowledged: int) -> list[str]:
    """Return what is wrong with a cell whose writers are all dead.

    Parameters
    ----------
    cell
        The cell.
    acknowledged
        The highest sequence that was acknowledged.
    """
    try:
        found = restore(cell)
    except HpcmlffError as error:
        return [f"unreadable: {error}"]
    sequence = found.sequence if found else 0
    wrong = list(_torn(cell))
    if sequence < acknowledged:
        wrong.append(f"{cell.path}: {acknowledged} was acknowledged, {sequence} is served")
    if found:
        wrong += differences(cell, found)
        wrong += _wrong_link(cell, found, acknowledged)
    return wrong


def _torn(cell: CellFolder) -> Iterator[str]:
    for attempt in cell.attempts():
        for _, path in attempt.generations():
            try:
                verify(path)
            except HpcmlffError as error:
                yield f"torn: {error}"


def _wrong_link(cell: CellFolder, found: Checkpoint, acknowledged: int) -> list[str]:
    """The link may be one behind what is served, never behind what was acknowledged."""
    link = cell.attempt(found.attempt).newest_link
    if not link.exists():
        return [f"{link}: missing"] if found.sequence <= acknowledged else []
    attempt, sequence = written_by(link)
    lowest = max(found.sequence - 1, min(acknowledged, found.sequence))
    good = attempt == found.attempt and lowest <= sequence <= found.sequence
    return [] if good else [f"{link}: {sequence} of attempt {attempt}, not {found.sequence}"]


def written_by(path: Path) -> tuple[int, int]:
    """Return attempt and sequence of a checkpoint, read by h5py alone."""
    with h5py.File(path, "r", locking=False) as file:
        return _written_by(file)


def linked(index: Path, label: str) -> tuple[int, int]:
    """Return attempt and sequence of the checkpoint a link in an index leads to.

    Raises
    ------
    KeyError
        It leads nowhere.
    """
    with h5py.File(index, "r", locking=False) as file:
        return _written_by(file[f"cells/{label}"])


def _written_by(group: h5py.Group) -> tuple[int, int]:
    attempt, sequence = json.loads(group["notes"][()].tobytes())["written_by"]
    return attempt, sequence


def too_large(cell: CellFolder) -> list[str]:
    """Tell whether a cell without a living writer takes more than its bounded disk space."""
    kept = {file.stat().st_ino: file for file in cell.path.rglob("*") if file.is_file()}
    files = [file.name for file in kept.values() if file.suffix == ".h5"]
    # One that is being written, and those that are kept.
    return [f"{cell.path}: {len(files)} checkpoints: {files}"] if len(files) > KEEP + 1 else []

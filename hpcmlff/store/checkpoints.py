"""Commit and restore: an acknowledged checkpoint is never lost, a damaged one never served."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import CheckpointError, StoreError, Superseded
from hpcmlff.files import sync_folder, write_temporary
from hpcmlff.store.image import Content, from_image, to_image
from hpcmlff.store.sealed import Seal, read_seal, read_verified, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpcmlff.store.layout import AttemptFolder, CellFolder

KEEP = 2
"""Generations kept of a cell: the newest, and the one that serves if it is damaged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A checkpoint that verified."""

    path: Path
    """Its file."""
    attempt: int
    """Who wrote it."""
    sequence: int
    """Its number within the cell."""
    final: bool
    """The cell is done."""
    content: Content
    """Arrays and notes."""


def commit(
    cell: CellFolder, attempt: AttemptFolder, sequence: int, content: Content, *, final: bool
) -> Path:
    """Write a checkpoint; it is acknowledged once this returns.

    Parameters
    ----------
    cell, attempt
        The cell, and the attempt that owns the folder written to.
    sequence
        Larger than that of every checkpoint restored or committed before.
    content
        Arrays and notes.
    final
        Nothing is left to do.

    Raises
    ------
    Superseded
        A newer attempt exists; nothing was written.
    OSError
        The disk is full or failing; earlier checkpoints are untouched.
    """
    refuse_if_superseded(cell, attempt)
    image = to_image(content)
    facts = {"kind": "checkpoint", "attempt": attempt.number, "sequence": sequence, "final": final}
    target = attempt.generation(sequence)
    _publish(target, [seal(image, facts), image])
    _link_newest(attempt, target)
    sync_folder(attempt.path)
    _prune(cell, attempt)
    return target


def refuse_if_superseded(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Stop an attempt that a newer one has replaced.

    Raises
    ------
    Superseded
        A newer attempt exists.
    """
    newest = cell.attempts()[0]
    if newest.number > attempt.number:
        raise Superseded(f"attempt {newest.number} has taken over", where=str(cell.path))


def restore(cell: CellFolder) -> Checkpoint | None:
    """Return the newest checkpoint that verifies, or None if there never was one.

    The highest attempt comes first, in it the highest sequence.

    Raises
    ------
    CheckpointError
        There are checkpoints and none of them verifies; the message names them.
        A cell never starts from zero in silence.
    """
    bad = []
    for path in _newest_first(cell):
        try:
            return _load(path)
        except (StoreError, OSError) as error:
            bad.append(f"{path}: {getattr(error, 'what', error)}")
    if bad:
        raise CheckpointError(
            "no checkpoint of the cell verifies:\n  " + "\n  ".join(bad),
            hint="Put a copy back, or move the cell's folder away to train it anew",
        )
    return None


def newest_seal(cell: CellFolder) -> Seal | None:
    """Return the header of the newest checkpoint, without reading the content.

    A damaged header is passed over; `restore` looks at contents as well.
    """
    for path in _newest_first(cell):
        with suppress(StoreError, OSError):
            return read_seal(path)
    return None


def is_done(cell: CellFolder) -> bool:
    """Tell whether a cell's newest checkpoint is its result, judged by the header."""
    found = newest_seal(cell)
    return found is not None and bool(found.facts["final"])


def _newest_first(cell: CellFolder) -> Iterator[Path]:
    for attempt in cell.attempts():
        for _, path in attempt.generations():
            yield path


def _load(path: Path) -> Checkpoint:
    found, image = read_verified(path)
    facts = found.facts
    return Checkpoint(
        path=path,
        attempt=facts["attempt"],
        sequence=facts["sequence"],
        final=facts["final"],
        content=from_image(image, str(path)),
    )


def _publish(target: Path, parts: list[bytes | memoryview]) -> None:
    temporary = write_temporary(target, parts)
    try:
        temporary.replace(target)
    except OSError:
        # NFS may report a failure for a rename that succeeded.
        if not _is_there(target, bytes(parts[0])):
            raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _is_there(target: Path, head: bytes) -> bool:
    try:
        with target.open("rb") as file:
            return file.read(len(head)) == head
    except OSError:
        return False


def _link_newest(attempt: AttemptFolder, target: Path) -> None:
    temporary = attempt.path / ".cell.h5.tmp"
    temporary.unlink(missing_ok=True)
    try:
        os.link(target, temporary)
    except OSError:
        # A file system without hard links: a relative link reads the same.
        temporary.symlink_to(target.name)
    temporary.replace(attempt.newest_link)


def _prune(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Keep the newest generations; folders stay, or a number could be claimed again."""
    own = attempt.generations()
    stale = [path for _, path in own[KEEP:]]
    if len(own) >= KEEP:
        for older in cell.attempts():
            if older.number < attempt.number:
                stale += [*(path for _, path in older.generations()), older.newest_link]
    for path in stale:
        with suppress(OSError):
            path.unlink(missing_ok=True)

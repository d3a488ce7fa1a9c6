"""Commit and restore: an acknowledged checkpoint is never lost, a damaged one never served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import CheckpointError, StoreError, Superseded
from hpcmlff.files import sync_folder
from hpcmlff.store.headers import checked, listings
from hpcmlff.store.image import Content, from_image, to_image
from hpcmlff.store.publishing import link_newest, publish
from hpcmlff.store.sealed import read_verified, seal
from hpcmlff.store.superseding import catch_up, lead_here, thin_out

if TYPE_CHECKING:
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
    sha256: str
    """Digest of the content's image; copies in other attempts have the same."""
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
    try:
        return commit_image(cell, attempt, sequence, to_image(content), final=final)
    except OSError:
        # A newer attempt clears what is half written; that is no fault of the disk.
        refuse_if_superseded(cell, attempt)
        raise


def commit_image(
    cell: CellFolder,
    attempt: AttemptFolder,
    sequence: int,
    image: bytes | memoryview,
    *,
    final: bool,
) -> Path:
    """Write a checkpoint whose image is there already; see `commit`.

    Raises
    ------
    OSError
        The disk is full or failing; earlier checkpoints are untouched.
    """
    facts = {"kind": "checkpoint", "attempt": attempt.number, "sequence": sequence, "final": final}
    target = attempt.generation(sequence)
    if not attempt.generations():
        # What attempts that were killed have left must not add up to more and more.
        catch_up(cell, attempt)
        thin_out(cell, attempt, KEEP)
    publish(target, [seal(image, facts), image])
    link_newest(attempt, target)
    sync_folder(attempt.path)
    lead_here(cell, attempt)
    thin_out(cell, attempt, KEEP)
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
    bad: list[str] = []
    for paths in listings(cell):
        bad = []
        for path in paths:
            try:
                return load(path)
            except (StoreError, OSError) as error:
                bad.append(f"{path}: {getattr(error, 'what', error)}")
    if bad:
        raise CheckpointError(
            "no checkpoint of the cell verifies:\n  " + "\n  ".join(bad),
            hint="Put a copy back, or move the cell's folder away to train it anew",
        )
    return None


def load(path: Path) -> Checkpoint:
    """Read one checkpoint and check all of it.

    Raises
    ------
    StoreError
        It is damaged, of a newer format, or not the one its name promises.
    OSError
        It cannot be read.
    """
    found, image = read_verified(path)
    facts = checked(found, path).facts
    return Checkpoint(
        path=path,
        attempt=facts["attempt"],
        sequence=facts["sequence"],
        final=facts["final"],
        sha256=found.sha256,
        content=from_image(image, str(path)),
    )

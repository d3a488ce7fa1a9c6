"""Making a checkpoint's file appear: whole, on disk, and under the name for links."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from hpcmlff.files import write_temporary

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.store.layout import AttemptFolder, CellFolder


def publish(target: Path, parts: list[bytes | memoryview]) -> None:
    """Put a file under its final name, whole and on disk.

    Parameters
    ----------
    target
        A name that nobody else writes.
    parts
        The content; the first part tells it from every other file.

    Raises
    ------
    OSError
        The disk is full or failing; there is no such file then.
    """
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


def link_newest(attempt: AttemptFolder, target: Path) -> None:
    """Let ``cell.h5`` be the attempt's newest checkpoint.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    temporary = attempt.path / ".cell.h5.tmp"
    temporary.unlink(missing_ok=True)
    try:
        os.link(target, temporary)
    except OSError:
        # A file system without hard links: a relative link reads the same.
        temporary.symlink_to(target.name)
    temporary.replace(attempt.newest_link)


def link_if_missing(cell: CellFolder, attempt: AttemptFolder, path: Path) -> None:
    """Make what links lead through, if the process was killed before it could.

    Parameters
    ----------
    cell, attempt
        The cell and its newest attempt; what their process makes meanwhile stays.
    path
        A checkpoint of the attempt.
    """
    # Somebody who may only read the store goes without.
    with suppress(OSError):
        if not os.path.lexists(attempt.newest_link):
            os.link(path, attempt.newest_link)
    with suppress(OSError):
        if not os.path.lexists(cell.newest):
            cell.newest.symlink_to(attempt.path.name)


def lead_to(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Let ``newest`` lead to an attempt, be it an older one; for commands, not for jobs.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    temporary = cell.path / ".newest.tmp"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(attempt.path.name)
    temporary.replace(cell.newest)


def _is_there(target: Path, head: bytes) -> bool:
    try:
        with target.open("rb") as file:
            return file.read(len(head)) == head
    except OSError:
        return False

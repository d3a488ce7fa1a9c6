"""What an attempt does about those it has taken over from.

A process that was suspended may wake up in the midst of any step, and readers come by
links at any time. So links lead through ``newest``, which an attempt points to itself
once, at its first checkpoint; before that it puts a folder where each older process would
prepare the same, whose step fails from then on.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.store.layout import entries
from hpcmlff.store.publishing import link_if_missing
from hpcmlff.store.sealed import verify

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.store.layout import AttemptFolder, CellFolder

_TEMPORARY = ".newest.tmp"


def lead_here(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Let ``newest`` lead to an attempt that has a checkpoint.

    A checkpoint counts without it: where it cannot be done, links lag.

    Parameters
    ----------
    cell, attempt
        The cell, and the attempt.
    """
    if leads_to(cell) == attempt.path.name:
        return
    for older in _older(cell, attempt):
        with suppress(OSError):
            _close(older)
    temporary = attempt.path / _TEMPORARY
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(attempt.path.name)
        temporary.replace(cell.newest)


def leads_to(cell: CellFolder) -> str:
    """Return the name of the attempt that links lead to, or an empty text."""
    try:
        return str(cell.newest.readlink())
    except OSError:
        return ""


def catch_up(cell: CellFolder, attempt: AttemptFolder) -> None:
    """Do for an older attempt what its process was killed before it could do.

    Until ``newest`` leads to what is kept, a checkpoint that is not cannot go.

    Parameters
    ----------
    cell, attempt
        The cell, and the attempt that is about to write its first checkpoint.
    """
    for older in _older(cell, attempt):
        for _, path in older.generations():
            if _verifies(path):
                link_if_missing(cell, older, path)
                lead_here(cell, older)
                return


def thin_out(cell: CellFolder, attempt: AttemptFolder, keep: int) -> None:
    """Keep the newest generations; folders stay, or a number could be claimed again.

    Parameters
    ----------
    cell, attempt
        The cell, and the attempt that commits; newer ones are left alone.
    keep
        How many to keep over all attempts.
    """
    own = [path for _, path in attempt.generations()]
    missing = keep - len(own)
    for path in own[keep:]:
        _unlink(path)
    for older in _older(cell, attempt):
        _clear_leftovers(older)
        missing -= _thin_out_older(older, missing)
        # One that is kept costs nothing, and a reader may just be on the way to it.
        if leads_to(cell) != older.path.name and not _is_kept(older):
            _unlink(older.newest_link)


def _is_kept(older: AttemptFolder) -> bool:
    with suppress(OSError):
        return any(older.newest_link.samefile(path) for _, path in older.generations())
    return False


def _thin_out_older(older: AttemptFolder, missing: int) -> int:
    """Keep so many that verify; return how many there are."""
    kept = 0
    for _, path in older.generations():
        # A few attempts of one checkpoint each must not pile up, nor a damaged one count.
        if kept >= missing:
            _unlink(path)
        else:
            kept += _verifies(path)
    return kept


def _older(cell: CellFolder, attempt: AttemptFolder) -> list[AttemptFolder]:
    return [one for one in cell.attempts() if one.number < attempt.number]


def _verifies(path: Path) -> bool:
    try:
        verify(path)
    except (StoreError, OSError):
        return False
    return True


def _unlink(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _clear_leftovers(older: AttemptFolder) -> None:
    """Remove what an older attempt's process was writing when it was stopped."""
    with suppress(OSError):
        for entry in entries(older.path):
            if entry.name.startswith(".") and ".tmp" in entry.name:
                # The folder that closes it is no file, and stays.
                _unlink(older.path / entry.name)


def _close(older: AttemptFolder) -> None:
    fence = older.path / _TEMPORARY
    while fence.is_symlink() or not fence.is_dir():
        # The older process may make its link again until the folder is in its way.
        fence.unlink(missing_ok=True)
        with suppress(FileExistsError):
            fence.mkdir()

"""Moving damaged files out of the way of those that serve; nothing is deleted."""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.files import sync_folder
from hpcmlff.store.checkpoints import load, restore
from hpcmlff.store.layout import AttemptFolder, CellFolder
from hpcmlff.store.names import ATTEMPT
from hpcmlff.store.publishing import lead_to, link_newest
from hpcmlff.store.sealed import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hpcmlff.store.findings import Verdict


def set_aside(verdict: Verdict) -> None:
    """Rename the files that stand in the way of what serves, each within its folder.

    The only checkpoints of a cell stay where they are: without them it would start
    from zero in silence.

    Raises
    ------
    OSError
        A folder cannot be written.
    """
    folders = {}
    for one in verdict.findings:
        if one.movable and (moved := _rename(one.path)):
            verdict.moved.append(moved)
            folders[one.path.parent] = ATTEMPT.fullmatch(one.path.parent.name)
    for folder, match in folders.items():
        if match:
            _relink(AttemptFolder(folder, int(match[1])))
            _lead(CellFolder(folder.parent))
        sync_folder(folder)


def _lead(cell: CellFolder) -> None:
    """Let links lead to the attempt that serves."""
    with suppress(StoreError):
        if (found := restore(cell)) is not None:
            lead_to(cell, cell.attempt(found.attempt))


def _rename(path: Path) -> Path | None:
    for number in count(1):
        target = path.with_name(f"{path.name}.damaged{number if number > 1 else ''}")
        if not target.exists():
            break
    try:
        return path.rename(target)
    except FileNotFoundError:
        # A running job has replaced it by a newer one meanwhile.
        return None


def _relink(attempt: AttemptFolder) -> None:
    """Let ``cell.h5`` lead to a checkpoint that verifies, or to none."""
    if _is_whole(attempt.newest_link, verify):
        # A copy of its own of what has just been set aside: the only one.
        return
    for _, path in attempt.generations():
        if _is_whole(path, load):
            link_newest(attempt, path)
            return
    attempt.newest_link.unlink(missing_ok=True)


def _is_whole(path: Path, check: Callable[[Path], object]) -> bool:
    try:
        check(path)
    except (StoreError, OSError):
        return False
    return True

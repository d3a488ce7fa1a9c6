"""Removing what no resume needs; decided first, by what verifies.

A cell keeps its newest checkpoints that verify, counted over all of its attempts;
damaged ones do not count. Attempts' folders stay: a number must never be claimed again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.store.checkpoints import KEEP, load
from hpcmlff.store.headers import newest_first
from hpcmlff.store.layout import CellFolder, entries
from hpcmlff.store.publishing import lead_to
from hpcmlff.store.rates import Rates
from hpcmlff.store.walking import walk_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hpcmlff.store.checkpoints import Checkpoint
    from hpcmlff.store.layout import Layout

LEFTOVER_S = 86400.0
"""Age from which a file that was being written is a dead writer's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surplus:
    """A file that may go."""

    path: Path
    """The file."""
    kind: str
    """``checkpoint``, ``link``, ``block`` or ``leftover``."""
    size_bytes: int
    """What is free once it is gone; 0 where another name of it goes as well."""


def surplus(
    layout: Layout, *, keep: int = KEEP, finals_only: bool = False, now: float | None = None
) -> Iterator[Surplus]:
    """Return what may be removed.

    Parameters
    ----------
    layout
        The store's layout.
    keep
        Checkpoints to keep of every cell.
    finals_only
        Of a cell that is done, keep nothing but its final checkpoint.
    now
        Time by which leftovers are judged, as seconds since the epoch; the clock's if
        left out.

    Raises
    ------
    OSError
        A folder cannot be read.
    """
    before = (time.time() if now is None else now) - LEFTOVER_S
    cells = walk_cells(layout).cells.values()
    places = (layout.root, layout.grids, layout.ledger, layout.datasets, layout.leases)
    for folder in (*places, *Rates(layout.rates).folders()):
        yield from _leftovers(folder, before)
    for cell in cells:
        yield from _of_cell(cell, keep, finals_only=finals_only)
        for folder in (cell.path, cell.blocks, *(one.path for one in cell.attempts())):
            yield from _leftovers(folder, before)


def remove(found: Iterable[Surplus]) -> None:
    """Delete files, those that have gone meanwhile excepted.

    Raises
    ------
    OSError
        A folder cannot be written.
    """
    found = list(found)
    for folder in {one.path.parent.parent for one in found if one.kind == "link"}:
        _lead(CellFolder(folder))
    for one in found:
        one.path.unlink(missing_ok=True)
        if one.kind == "block":
            with suppress(OSError):
                one.path.parent.rmdir()


def _lead(cell: CellFolder) -> None:
    """Let links lead to the attempt that stays."""
    for attempt in cell.attempts():
        if attempt.generations():
            lead_to(cell, attempt)
            return


def _of_cell(cell: CellFolder, keep: int, *, finals_only: bool) -> Iterator[Surplus]:
    paths, blocks = list(newest_first(cell)), _blocks(cell)
    if len(paths) <= (1 if finals_only else keep) and not blocks:
        # The common case, in which nothing has to be read.
        return
    kept, gone = _sorted_out(paths, keep, finals_only=finals_only)
    for path in gone:
        yield from _file(path, "checkpoint")
    for attempt in cell.attempts():
        own = [path for _, path in attempt.generations()]
        if own and set(gone).issuperset(own):
            yield from _link(attempt.newest_link, own)
    if kept and kept[0].final:
        for path in blocks:
            yield from _file(path, "block")


def _sorted_out(
    paths: list[Path], keep: int, *, finals_only: bool
) -> tuple[list[Checkpoint], list[Path]]:
    """Return the checkpoints to keep, and the files that are older than the last of them."""
    kept: list[Checkpoint] = []
    for position, path in enumerate(paths):
        with suppress(StoreError, OSError):
            kept.append(load(path))
        if len(kept) >= keep or (finals_only and kept and kept[0].final):
            return kept, paths[position + 1 :]
    return kept, []


def _blocks(cell: CellFolder) -> list[Path]:
    if cell.blocks.is_symlink():
        return []
    names = (entry.name for entry in entries(cell.blocks))
    return [cell.blocks / name for name in sorted(names) if name.endswith(".block")]


def _link(link: Path, own: list[Path]) -> Iterator[Surplus]:
    for one in _file(link, "link"):
        shared = link.is_symlink() or any(link.samefile(path) for path in own if path.exists())
        yield Surplus(path=link, kind="link", size_bytes=0 if shared else one.size_bytes)


def _leftovers(folder: Path, before: float) -> Iterator[Surplus]:
    for entry in entries(folder):
        if entry.name.startswith(".") and ".tmp" in entry.name:
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if facts.st_mtime < before and not entry.is_dir(follow_symlinks=False):
                    yield from _file(folder / entry.name, "leftover")


def _file(path: Path, kind: str) -> Iterator[Surplus]:
    with suppress(FileNotFoundError):
        yield Surplus(path=path, kind=kind, size_bytes=path.lstat().st_size)

"""``store.h5``: links to every cell's newest checkpoint, and one packed table of scalars.

Derived and disposable. Reading a scalar from 10,000 cells through links takes 13 s,
from one packed table 15 ms, so scalars are in ``/index``. The names of attempts and
checkpoints tell which cells have changed: files under a name never do, so the rows of
all other cells are taken over from the last table.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hpcmlff.errors import StoreError
from hpcmlff.files import write_durably
from hpcmlff.spec.cells import Cell
from hpcmlff.store.checkpoints import Checkpoint, restore
from hpcmlff.store.columns import ROW, UNITS, row_of
from hpcmlff.store.publishing import link_if_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.store.layout import CellFolder
    from hpcmlff.store.store import Store

INDEX_FORMAT = 2
"""Raised when the table's columns or the links change; an older table is built anew."""

Seen = Callable[[Cell, Checkpoint], None]
"""Told of a cell's checkpoint."""

_WAIT_S = 60.0


def refresh(
    store: Store, cells: Iterable[Cell], *, anew: bool = False, seen: Seen | None = None
) -> NDArray[Any]:
    """Bring ``store.h5`` up to date and return its table.

    Parameters
    ----------
    store
        The store.
    cells
        The cells to list, in this order; those without a checkpoint that verifies are
        left out.
    anew
        Read every cell, whatever the last table says.
    seen
        Told of every checkpoint that is read, so that nobody has to read it again.

    Returns
    -------
    ndarray
        ``(n_cells,)`` of `ROW`.
    """
    with _exclusive(store) as may_write:
        old = _read(store, anew=anew)
        table = _updated(store, cells, old, seen)
        # Somebody who may only read the store still gets the table.
        with suppress(OSError):
            if may_write and (table.tobytes() != old.tobytes() or not len(table)):
                _write(store, table)
    return table


def read_table(store: Store) -> NDArray[Any]:
    """Return the table as it was when ``store.h5`` was last brought up to date.

    Returns
    -------
    ndarray
        ``(n_cells,)`` of `ROW`.

    Raises
    ------
    StoreError
        There is none, or an older hpcmlff wrote it.
    """
    if (table := _readable(store)) is None:
        raise StoreError(
            "there is no index of this version",
            where=str(store.layout.index),
            hint=f"Build it: python -m hpcmlff.store index {store.path}",
        )
    return table


@contextmanager
def _exclusive(store: Store) -> Iterator[bool]:
    """Let one command at a time replace the file, so that it never goes back in time."""
    from filelock import FileLock, Timeout

    lock = FileLock(store.layout.index_lock, timeout=_WAIT_S, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError):
        # No permission, or a file system without locks, where the file may lag.
        yield True
        return
    try:
        yield True
    finally:
        lock.release()


def _updated(
    store: Store, cells: Iterable[Cell], old: NDArray[Any], seen: Seen | None
) -> NDArray[Any]:
    names = (old[name].tolist() for name in ("label", "attempt", "sequence"))
    kept = {key: position for position, key in enumerate(zip(*names, strict=True))}
    rows: list[NDArray[Any]] = []
    sources: list[int] = []
    for cell in cells:
        folder = store.cell(cell)
        if (newest := _newest(folder)) is None:
            continue
        position = kept.get((cell.label.encode(), *newest))
        if position is None and (row := _row(folder, cell, seen)) is not None:
            position = len(old) + len(rows)
            rows.append(row)
        sources.extend([position] if position is not None else [])
    table: NDArray[Any] = np.concatenate([old, np.array(rows, dtype=ROW)])[sources]
    return table


def _newest(folder: CellFolder) -> tuple[int, int] | None:
    """Return attempt and sequence of the newest checkpoint, judged by its name."""
    before = None
    while (attempts := folder.attempts()) != before:
        for attempt in attempts:
            for sequence, _ in attempt.generations():
                return attempt.number, sequence
        # A job may have replaced the older ones after its own were looked for.
        before = attempts
    return None


def _row(folder: CellFolder, cell: Cell, seen: Seen | None) -> NDArray[Any] | None:
    try:
        folder.refuse_links()
        if (checkpoint := restore(folder)) is None:
            return None
        link_if_missing(folder, folder.attempt(checkpoint.attempt), checkpoint.path)
        row = row_of(cell, checkpoint)
    except StoreError:
        return None
    if seen is not None:
        seen(cell, checkpoint)
    return row


def _read(store: Store, *, anew: bool) -> NDArray[Any]:
    table = None if anew else _readable(store)
    return np.zeros(0, dtype=ROW) if table is None else table


def _readable(store: Store) -> NDArray[Any] | None:
    try:
        with h5py.File(store.layout.index, "r", locking=False) as file:
            found = file["index"]
            if file.attrs["version"] != INDEX_FORMAT or found.dtype != ROW or found.external:
                return None
            table: NDArray[Any] = found[()]
            return table if found.attrs["sha256"] == _digest(table) else None
    except (OSError, KeyError, RuntimeError, TypeError, ValueError):
        return None


def _digest(table: NDArray[Any]) -> str:
    return hashlib.sha256(table.tobytes()).hexdigest()


def _write(store: Store, table: NDArray[Any]) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["format"] = "hpcmlff-index"
        file.attrs["version"] = INDEX_FORMAT
        file["index"] = table
        file["index"].attrs["sha256"] = _digest(table)
        file["index"].attrs["units"] = json.dumps(UNITS)
        _link(file, table)
    write_durably(store.layout.index, [buffer.getbuffer()])


def _link(file: h5py.File, table: NDArray[Any]) -> None:
    groups: dict[str, h5py.Group] = {}
    for label in table["label"].tolist():
        folder, name = f"cells/{label.decode()}".rsplit("/", 1)
        if folder not in groups:
            groups[folder] = file.require_group(folder)
        # Through the link to the attempt: a newer one takes it over from all older indices.
        target = f"{folder}/{name}/newest/cell.h5"
        groups[folder][name] = h5py.ExternalLink(target, "/")

"""``store.h5``: links to every cell's newest checkpoint, and one packed table of scalars.

Derived and disposable. Reading a scalar from 10,000 cells through links takes 13 s,
from one packed table 15 ms, so scalars are in ``/index``; rows of files that have
not changed since are taken over from the last table.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hpcmlff.errors import CheckpointError
from hpcmlff.files import write_durably
from hpcmlff.metrics import METRICS
from hpcmlff.store.checkpoints import newest_seal, restore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

INDEX_FORMAT = 1
"""Raised when the table's columns change; an older table is built anew."""

_COUNTS = ("n_train", "n_validation", "n_test")
_TIMES = ("train_s", "wall_s", "cpu_s")

ROW = np.dtype(
    [
        ("cell_id", "S64"),
        ("label", "S256"),
        ("attempt", "<i8"),
        ("sequence", "<i8"),
        ("final", "?"),
        ("step", "<i8"),
        ("steps", "<i8"),
        ("loss", "<f8"),
        *((name, "<i8") for name in _COUNTS),
        *((name, "<f8") for name in (*METRICS, *_TIMES, "peak_mem_gb")),
    ]
)
"""Columns of ``/index``; times are sums over the attempts that led to the checkpoint."""


def refresh(store: Store, cells: Iterable[Cell]) -> NDArray[Any]:
    """Bring ``store.h5`` up to date and return its table.

    Parameters
    ----------
    store
        The store.
    cells
        The cells to list, in this order; those without a checkpoint that verifies are
        left out.

    Returns
    -------
    ndarray
        ``(n_cells,)`` of `ROW`.
    """
    old = {(row["label"], row["attempt"], row["sequence"]): row for row in _read(store)}
    rows, links = [], {}
    for cell in cells:
        if (found := newest_seal(store.cell(cell))) is None:
            continue
        key = (cell.label.encode(), found.facts["attempt"], found.facts["sequence"])
        if (row := old[key] if key in old else _row(store, cell)) is None:
            continue
        rows.append(row)
        links[cell.label] = f"cells/{cell.label}/a{int(rows[-1]['attempt']):06d}/cell.h5"
    table = np.array(rows, dtype=ROW)
    # Somebody who may only read the store still gets the table.
    with suppress(OSError):
        _write(store, table, links)
    return table


def _row(store: Store, cell: Cell) -> NDArray[Any] | None:
    try:
        checkpoint = restore(store.cell(cell))
    except CheckpointError:
        return None
    assert checkpoint is not None
    notes = checkpoint.content.notes
    row = np.zeros((), dtype=ROW)
    row["cell_id"], row["label"] = cell.id.encode(), cell.label.encode()
    row["attempt"], row["sequence"] = checkpoint.attempt, checkpoint.sequence
    row["final"] = checkpoint.final
    _fill(row, notes["progress"], ("step", "steps", "loss"))
    _fill(row, notes, _COUNTS)
    _fill(row, notes.get("metrics", {}), METRICS)
    for name in _TIMES:
        row[name] = sum(share[name] for share in notes["history"])
    row["peak_mem_gb"] = max(share["peak_mem_gb"] for share in notes["history"])
    return row


def _fill(row: NDArray[Any], values: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        value = values.get(name)
        row[name] = np.nan if value is None else value


def _read(store: Store) -> NDArray[Any]:
    try:
        with h5py.File(store.layout.index, "r", locking=False) as file:
            if file.attrs["version"] == INDEX_FORMAT and file["index"].dtype == ROW:
                table: NDArray[Any] = file["index"][()]
                return table
    except (OSError, KeyError):
        pass
    return np.zeros(0, dtype=ROW)


def _write(store: Store, table: NDArray[Any], links: Mapping[str, str]) -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["format"] = "hpcmlff-index"
        file.attrs["version"] = INDEX_FORMAT
        file["index"] = table
        for label, path in links.items():
            file[f"cells/{label}"] = h5py.ExternalLink(path, "/")
    write_durably(store.layout.index, [buffer.getbuffer()])

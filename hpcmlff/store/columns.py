"""The columns of ``/index`` in ``store.h5``, and how a checkpoint fills them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import StoreError
from hpcmlff.metrics import METRICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.checkpoints import Checkpoint

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

UNITS = {
    "loss": "the trainer's own",
    **dict.fromkeys(_COUNTS, "frames"),
    "energy_mae_kcal_mol": "kcal/mol",
    "energy_rmse_kcal_mol": "kcal/mol",
    "force_mae_kcal_mol_ang": "kcal/mol/angstrom",
    "force_rmse_kcal_mol_ang": "kcal/mol/angstrom",
    **dict.fromkeys(_TIMES, "s"),
    "peak_mem_gb": "GiB",
}
"""Units of the columns that have one."""


def row_of(cell: Cell, checkpoint: Checkpoint) -> NDArray[Any]:
    """Return a checkpoint's row; scalars that its notes do not state are NaN or -1.

    Raises
    ------
    StoreError
        The notes are not those of a training.
    """
    try:
        return _row(cell, checkpoint)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"the notes are not those of a training: {type(error).__name__} {error}"
        raise StoreError(what, where=str(checkpoint.path)) from None


def _row(cell: Cell, checkpoint: Checkpoint) -> NDArray[Any]:
    notes = checkpoint.content.notes
    row = np.zeros((), dtype=ROW)
    row["cell_id"], row["label"] = cell.id.encode(), cell.label.encode()
    row["attempt"], row["sequence"] = checkpoint.attempt, checkpoint.sequence
    row["final"] = checkpoint.final
    _fill(row, notes.get("progress", {}), ("step", "steps", "loss"))
    _fill(row, notes, _COUNTS)
    _fill(row, notes.get("metrics", {}), METRICS)
    history = notes.get("history", [])
    for name in _TIMES:
        row[name] = sum(share[name] for share in history)
    row["peak_mem_gb"] = max((share["peak_mem_gb"] for share in history), default=np.nan)
    return row


def _fill(row: NDArray[Any], values: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        missing = np.nan if row.dtype[name].kind == "f" else -1
        value = values.get(name)
        row[name] = missing if value is None else value

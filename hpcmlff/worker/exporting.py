"""A finished cell's model, in the format of the package it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError, TrainingError
from hpcmlff.models.protocol import Allocation, Exporter
from hpcmlff.spec.selection import only, selection
from hpcmlff.worker.task import assign
from hpcmlff.worker.trained import trained_model

if TYPE_CHECKING:
    from hpcmlff.store.store import Store


def export_model(
    store: Store, name: str, output: Path | None, *, overwrite: bool = False
) -> tuple[str, Path]:
    """Write a cell's model.

    Parameters
    ----------
    store
        The store.
    name
        The cell's name, or a pattern that means it alone; see `hpcmlff.spec.patterns`.
    output
        The file; named after the cell if left out.
    overwrite
        Whether an existing file may be replaced.

    Returns
    -------
    label
        The cell's label.
    path
        The file.

    Raises
    ------
    NoSuchCell
        No cell or several have such a name.
    StoreError
        The cell is not done, or the file exists or cannot be written.
    TrainingError
        The model has no format of its own.
    """
    frozen = store.current_grid()
    named = selection([name])
    cell = only(named.cells(frozen.cells), named)
    given = assign(store, frozen.head(), cell, Allocation())
    trainer = given.trainer
    if not isinstance(trainer, Exporter):
        raise TrainingError(f"the model {cell.model!r} has no format of another package")
    model, _ = trained_model(store, cell)
    path = output or Path(f"{cell.label.replace('/', '-')}{trainer.export_suffix}")
    if path.exists() and not overwrite:
        raise StoreError(
            "exists already", where=str(path), hint="Name another file with -o, or give --force"
        )
    try:
        trainer.export(given.task, model, path)
    except OSError as error:
        words = error.strerror or str(error)
        raise StoreError(f"cannot be written: {words}", where=str(path)) from error
    return cell.label, path

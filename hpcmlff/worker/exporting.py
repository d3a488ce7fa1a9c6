"""A finished cell's model, in the format of the package it came from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError, TrainingError
from hpcmlff.models.protocol import Allocation, Exporter
from hpcmlff.store.checkpoints import restore
from hpcmlff.worker.packing import MODEL, unpacked
from hpcmlff.worker.task import assign

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Arrays
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store

_SHOWN = 5


def export_model(
    store: Store, name: str, output: Path | None, *, overwrite: bool = False
) -> tuple[str, Path]:
    """Write a cell's model.

    Parameters
    ----------
    store
        The store.
    name
        Beginning of the cell's label or id.
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
    StoreError
        No cell or several have such a name, it is not done, or the file exists or cannot be
        written.
    TrainingError
        The model has no format of its own.
    """
    frozen = store.current_grid()
    cell = _only(frozen.cells, name)
    given = assign(store, frozen.head(), cell, Allocation())
    trainer = given.trainer
    if not isinstance(trainer, Exporter):
        raise TrainingError(f"the model {cell.model!r} has no format of another package")
    model = _model(store, cell)
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


def _only(cells: tuple[Cell, ...], name: str) -> Cell:
    found = [one for one in cells if one.label.startswith(name) or one.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise StoreError(
            f"no cell's label or id begins with {name!r}",
            hint="'python -m hpcmlff.status' lists them",
        )
    labels = "".join(f"\n  {one.label}" for one in found[:_SHOWN])
    more = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise StoreError(
        f"{len(found)} cells begin with {name!r}:{labels}{more}", hint="Say more of it"
    )


def _model(store: Store, cell: Cell) -> Arrays:
    checkpoint = restore(store.cell(cell))
    if checkpoint is None or not checkpoint.final:
        raise StoreError("the cell is not done", where=cell.label)
    return unpacked(checkpoint.content.packed, MODEL)

"""A finished cell's model, found in the store and made ready to predict."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hpcmlff.data.dataset import read_dataset
from hpcmlff.errors import DataError, StoreError
from hpcmlff.models.protocol import Allocation, KeepsPredictor
from hpcmlff.simulation.force_field import ForceField
from hpcmlff.spec.selection import selection
from hpcmlff.spec.states import CellState
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.headers import is_done
from hpcmlff.worker.packing import MODEL, unpacked
from hpcmlff.worker.task import assign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hpcmlff.models.protocol import Arrays
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store


def load_force_field(store: Store, cell: Cell, allocation: Allocation) -> ForceField:
    """Read a finished cell's model and make it ready to predict.

    Parameters
    ----------
    store, cell
        The store, and a cell of its current grid.
    allocation
        What prediction may use.

    Raises
    ------
    StoreError
        The cell is not done, or its data are not those it was made for.
    """
    model, sha256 = trained_model(store, cell)
    given = assign(store, store.current_grid().head(), cell, allocation)
    trainer = given.trainer
    predict = (
        trainer.predictor(given.task, model)
        if isinstance(trainer, KeepsPredictor)
        else partial(trainer.predict, given.task, model)
    )
    return ForceField(
        cell=cell,
        model_sha256=sha256,
        species=given.task.species,
        frames=read_dataset(store.layout.dataset(cell.molecule)).frames,
        predict=predict,
    )


def finished_cells(store: Store, words: Iterable[str], tell: Callable[[str], None]) -> list[Cell]:
    """Return the finished cells of those a user has named.

    Parameters
    ----------
    store
        The store.
    words
        Patterns and conditions; see `hpcmlff.spec.selection`. None mean all cells.
    tell
        Told how many cells are left out because they are not done.

    Raises
    ------
    NoSuchCell
        A pattern fits no cell.
    StoreError
        None of the cells is done.
    """
    named = selection(words)
    cells = named.cells(store.current_grid().cells)
    done = [cell for cell in cells if named.has(CellState.DONE) and is_done(store.cell(cell))]
    if not done:
        such = f", such as {cells[0].label}" if cells else ""
        raise StoreError(f"none of {len(cells)} cells is done{such}")
    if len(done) < len(cells):
        tell(f"left out: {len(cells) - len(done)} cells that are not done")
    return done


def start_frame(field: ForceField, frame: int | None) -> int:
    """Return the frame to begin with: the one asked for, or that of the lowest energy.

    Raises
    ------
    DataError
        There is no such frame.
    """
    if frame is None:
        return field.lowest_frame()
    if not 0 <= frame < len(field.frames):
        what = f"there is no frame {frame}; the last one is {len(field.frames) - 1}"
        raise DataError(what, where=field.cell.molecule)
    return frame


def trained_model(store: Store, cell: Cell) -> tuple[Arrays, str]:
    """Return a finished cell's model and the SHA-256 of the checkpoint it is from.

    Raises
    ------
    StoreError
        The cell is not done.
    """
    checkpoint = restore(store.cell(cell))
    if checkpoint is None or not checkpoint.final:
        raise StoreError("the cell is not done", where=cell.label)
    return unpacked(checkpoint.content.packed, MODEL), checkpoint.sha256

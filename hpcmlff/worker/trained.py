"""A finished cell's model, found in the store and made ready to predict."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.data.dataset import read_dataset
from hpcmlff.errors import StoreError
from hpcmlff.models.protocol import Allocation, KeepsPredictor
from hpcmlff.simulation.force_field import ForceField
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.finding import find_store
from hpcmlff.store.store import Store
from hpcmlff.worker.packing import MODEL, unpacked
from hpcmlff.worker.task import assign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpcmlff.models.protocol import Arrays
    from hpcmlff.simulation.calculator import TrainedCalculator
    from hpcmlff.spec.cells import Cell

_SHOWN = 5


def calculator(store: Store | Path | str, cell: str, *, threads: int = 1) -> TrainedCalculator:
    """Return an ASE calculator of a finished cell's model.

    Parameters
    ----------
    store
        The store, its folder, or its grid file.
    cell
        Beginning of the cell's label, such as ``sgdml/glycine/n200/s0``, or of its id.
    threads
        Threads of the numerical libraries.

    Returns
    -------
    TrainedCalculator
        Energies in eV, forces in eV/Å, for atoms in the order of the training frames.

    Raises
    ------
    StoreError
        There is no such store, no cell or several have such a name, or it is not done.
    GridError
        A package that the model needs is not installed.
    """
    from hpcmlff.simulation.calculator import TrainedCalculator

    opened = store if isinstance(store, Store) else find_store(Path(store))
    found = find_cell(opened.current_grid().cells, cell)
    return TrainedCalculator(load_force_field(opened, found, Allocation(threads=threads)))


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


def find_cell(cells: Iterable[Cell], name: str) -> Cell:
    """Return the one cell whose label or id begins with a text.

    Raises
    ------
    StoreError
        There is none, or there are several.
    """
    found = cells_named(cells, name)
    if len(found) == 1:
        return found[0]
    labels = "".join(f"\n  {one.label}" for one in found[:_SHOWN])
    more = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise StoreError(
        f"{len(found)} cells begin with {name!r}:{labels}{more}", hint="Say more of it"
    )


def cells_named(cells: Iterable[Cell], name: str) -> list[Cell]:
    """Return all cells whose label or id begins with a text.

    Raises
    ------
    StoreError
        There is none.
    """
    found = [one for one in cells if one.label.startswith(name) or one.id.startswith(name)]
    if not found:
        raise StoreError(
            f"no cell's label or id begins with {name!r}",
            hint="'python -m hpcmlff.status' lists them",
        )
    return found


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

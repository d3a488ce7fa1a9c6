"""The cells a user has named, with where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.reconcile import Standing, survey
from hpcmlff.spec.selection import Selection, only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.spec.causes import Cause
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store


def chosen(store: Store, cells: Sequence[Cell], named: Selection) -> list[Standing]:
    """Return where the cells stand that are meant, in their order.

    Parameters
    ----------
    store
        The store.
    cells
        The cells of its grid.
    named
        What the user has named.

    Raises
    ------
    NoSuchCell
        A pattern fits no cell.
    """
    found = survey(store, named.cells(cells))
    return [one for one in found if named.has(one.state, cause_of(one))]


def ids_of(store: Store, named: Selection) -> set[str] | None:
    """Return the ids of the cells that are meant; None if none is named, which means all.

    The scheduler is asked only if a state was named.

    Raises
    ------
    NoSuchCell
        A pattern fits no cell.
    """
    if not named:
        return None
    cells = store.current_grid().cells
    if named.states:
        return {one.cell.id for one in chosen(store, cells, named)}
    return {cell.id for cell in named.cells(cells)}


def the_one(store: Store, cells: Sequence[Cell], named: Selection) -> Cell:
    """Return the one cell that is meant; the scheduler is asked only if its state was named.

    Raises
    ------
    NoSuchCell
        None is, or several are.
    """
    if not named.states:
        return only(named.cells(cells), named)
    return only([one.cell for one in chosen(store, cells, named)], named)


def cause_of(one: Standing) -> Cause | None:
    """Return why a cell's newest attempt ended, if it has stopped or failed."""
    return None if one.diagnosis is None else one.diagnosis.cause

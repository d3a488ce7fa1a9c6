"""The cells of a grid before it is in its store, as far as they can be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.prepare.cells import Origin, cells_of, origin_of, origin_of_recipe
from hpcmlff.prepare.draft import molecules_of
from hpcmlff.prepare.molecules import stored
from hpcmlff.store.store import Store, is_store, open_store

if TYPE_CHECKING:
    from hpcmlff.prepare.draft import Draft
    from hpcmlff.spec.cells import Cell


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sketch:
    """The cells of a grid that is not in its store yet."""

    cells: tuple[Cell, ...]
    """The cell of each point."""
    store: Store | None
    """The store, if it is there."""
    unmade: tuple[str, ...]
    """Molecules whose frames are yet to be made; the ids of their cells are not known yet,
    and those given here belong to no cell."""


def cells_before_settling(made: Draft) -> Sketch:
    """Return the cells of a grid and the store that is there; nothing is written."""
    store = open_store(made.store_path) if is_store(made.store_path) else None
    found: dict[str, Origin] = {}
    unmade = []
    for name, molecule in molecules_of(made.grid, made.points).items():
        ready = made.ready.get(name) or (stored(store, name) if store else None)
        if ready is not None:
            found[name] = origin_of(ready)
        else:
            assert molecule.generate is not None
            found[name] = origin_of_recipe(molecule.generate)
            unmade.append(name)
    return Sketch(cells=cells_of(made, found), store=store, unmade=tuple(unmade))

"""Which store a command means."""

from __future__ import annotations

from pathlib import Path

from hpcmlff import yamlio
from hpcmlff.errors import GridError, StoreError
from hpcmlff.spec.grid import Grid
from hpcmlff.store.store import Store, is_store, open_store


def find_store(given: Path | None) -> Store:
    """Open the store a user means.

    Parameters
    ----------
    given
        A store's folder or a grid file; None looks for the only store in the current
        folder, the folders in it, and those in ``runs``.

    Raises
    ------
    StoreError
        There is none, or there are several to choose from.
    GridError
        The grid file is wrong.
    """
    if given is None:
        return _only_store(Path.cwd())
    if given.suffix in {".yaml", ".yml"}:
        grid = yamlio.read(given, GridError).parse(Grid)
        return open_store(given.parent / grid.store)
    return open_store(given)


def stores_in(here: Path) -> list[Path]:
    """Return the stores that need not be named: a folder, those in it and in its ``runs``."""
    places = [here, *sorted(here.glob("*")), *sorted(here.glob("runs/*"))]
    return list(dict.fromkeys(place for place in places if is_store(place)))


def _only_store(here: Path) -> Store:
    found = stores_in(here)
    if len(found) == 1:
        return open_store(found[0])
    if not found:
        what, hint = "no store in this folder or in its runs", "Name a store or a grid file"
    else:
        listed = ", ".join(str(path.relative_to(here)) for path in found)
        what, hint = f"several stores here: {listed}", "Name one of them"
    raise StoreError(what, where=str(here), hint=hint)

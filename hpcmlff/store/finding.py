"""Which store a command means."""

from __future__ import annotations

from pathlib import Path

from hpcmlff import yamlio
from hpcmlff.errors import GridError, StoreError
from hpcmlff.files import absolute
from hpcmlff.spec.grid import Grid
from hpcmlff.store.layout import Layout
from hpcmlff.store.store import Store, create_store, is_store, open_store


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


def find_store_to_fill(given: Path | None, name: str, *, dry_run: bool) -> Store:
    """Open the store a user means, or make it if it is not there.

    Parameters
    ----------
    given
        As for `find_store`.
    name
        Name of the grid that a new store belongs to.
    dry_run
        Make nothing; what is returned then may not be there.

    Raises
    ------
    StoreError
        It is no store and no empty folder, or cannot be made.
    """
    if given is None or given.suffix in {".yaml", ".yml"} or not _is_vacant(given):
        return find_store(given)
    return Store(Layout(absolute(given)), name) if dry_run else create_store(given, name)


def _is_vacant(place: Path) -> bool:
    # A store that was being made when its command was killed has hidden files.
    if place.is_dir():
        return all(entry.name.startswith(".") for entry in place.iterdir())
    return not place.exists()


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

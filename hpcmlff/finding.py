"""Which store and which cells a command means; see `hpcmlff.store.finding`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.spec.selection import Selection, selection
from hpcmlff.store.finding import find_store
from hpcmlff.store.store import is_store

if TYPE_CHECKING:
    from hpcmlff.store.store import Store

__all__ = ["find_store", "store_and_selection"]


def store_and_selection(words: Sequence[str]) -> tuple[Store, Selection]:
    """Open the store that a user means, and read which of its cells.

    Parameters
    ----------
    words
        A store's folder or a grid file, which may be left out where there is only one store;
        then patterns and conditions. A cell's folder names both.

    Raises
    ------
    StoreError
        There is no such store, or there are several to choose from.
    NoSuchCell
        A condition cannot be meant.
    """
    if not words:
        return find_store(None), selection(())
    path = Path(words[0])
    around = next((place for place in (path, *path.parents) if is_store(place)), None)
    if around == path or (around is None and _is_meant_as_store(path)):
        return find_store(path), selection(words[1:])
    return find_store(around), selection(words)


def _is_meant_as_store(path: Path) -> bool:
    """Tell a store that is not there from a pattern."""
    is_file = path.suffix in {".yaml", ".yml"} or path.is_absolute()
    return is_file or path.is_dir() or (len(path.parts) > 1 and path.parent.is_dir())

"""What simulations with finished cells have come to, as they left it in the store."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.store.layout import SUMMARY, SUMMARY_FORMAT, entries
from hpcmlff.store.walking import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store


def simulations(store: Store, cells: Iterable[Cell], kind: str) -> list[Mapping[str, Any]]:
    """Return the summaries of all simulations of a kind, in the order of the cells.

    One that is damaged, or of another version, is left out: giving its command again makes it anew.

    Parameters
    ----------
    store
        The store.
    cells
        The cells, finished ones only.
    kind
        ``md`` or ``scan``.
    """
    return [one for cell in cells for one in _of(store, cell, kind)]


def _of(store: Store, cell: Cell, kind: str) -> Iterator[Mapping[str, Any]]:
    folder = store.cell(cell).simulations(kind)
    names = sorted(one.name for one in entries(folder) if one.is_dir(follow_symlinks=False))
    for name in names:
        with suppress(StoreError, OSError):
            found = read_facts(folder / name / SUMMARY)
            if isinstance(found, dict) and _is_ours(found, cell):
                yield found


def _is_ours(found: Mapping[str, Any], cell: Cell) -> bool:
    return found.get("format") == SUMMARY_FORMAT and found.get("cell_id") == cell.id

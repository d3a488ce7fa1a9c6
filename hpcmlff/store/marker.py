"""``store.json``: the file that makes a folder a store, with its format and its grid's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import read_json
from hpcmlff.store.names import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STORE_FORMAT = 1
"""Raised when the layout changes."""

UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""By format, the function that turns the content of such a ``store.json`` into the next one's.

The file on disk is not changed: hpcmlff of the old format may be using the store.
"""


def read_marker(path: Path, where: str) -> dict[str, Any]:
    """Return what a store says of itself, in the present format.

    Parameters
    ----------
    path
        ``store.json``.
    where
        The store as the user has named it, for messages.

    Raises
    ------
    StoreError
        There is none, or it was written by a newer hpcmlff.
    """
    facts: Any = read_json(path)
    stated = facts.get("format") if isinstance(facts, dict) else None
    if not isinstance(stated, int) or stated < 1:
        raise StoreError("is not a store (no readable store.json)", where=where)
    if stated > STORE_FORMAT:
        raise StoreError(
            f"was written by a newer hpcmlff (format {stated})",
            where=where,
            hint="Update hpcmlff to use it",
        )
    for step in range(stated, STORE_FORMAT):
        facts = {**UPGRADES[step](facts), "format": step + 1}
    if not NAME.fullmatch(str(facts.get("name"))):
        raise StoreError("is not a store (store.json names no grid)", where=where)
    return dict(facts)

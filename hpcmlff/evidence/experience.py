"""What finished cells of a kind have taken: how long those will that differ in their seeds only.

Small JSON files of a few cells are read, no checkpoint and no index: a submission must not
wait for `collect`, and thousands of cells may be finished.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import read_json
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.store.layout import CellFolder, entries
from hpcmlff.store.ledger import Ledger
from hpcmlff.store.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.store.layout import AttemptFolder, Layout

_ENOUGH = 5
"""Finished cells that are taken of a kind."""
_LOOKED_AT = 40
"""Cells of a model, molecule and size that are looked at for them."""
_CELL = re.compile(r"s(\d+)-[0-9a-f]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What one finished cell has taken."""

    wall_s: float
    """Time of all its attempts, what was lost included, s."""
    threads: int
    """Threads it had."""
    device: str
    """``cpu`` or ``cuda``."""


@dataclass(frozen=True, slots=True)
class Experience:
    """The finished cells of one store on one cluster."""

    layout: Layout
    """The store's folders; the store need not exist."""
    profile: str
    """Name of the cluster's profile; cells trained elsewhere are left out."""
    _profiles: dict[int, str] = field(default_factory=dict)

    def of(self, *, model: str, molecule: str, size: int, settings: str) -> list[Taken]:
        """Return what a few finished cells of a kind have taken; none if there are none.

        Parameters
        ----------
        model, molecule, size
            As in the grid.
        settings
            Hyperparameters as canonical JSON.

        Raises
        ------
        StoreError
            A name is none of a model or a molecule.
        """
        place = self.layout.cells / checked_name(model, "model")
        place = place / checked_name(molecule, "molecule") / f"n{size}"
        seeds = [
            (int(m[1]), one.name) for one in entries(place) if (m := _CELL.fullmatch(one.name))
        ]
        folders = (CellFolder(place / name) for _, name in sorted(seeds)[:_LOOKED_AT])
        return list(islice(self._finished(folders, settings), _ENOUGH))

    def _finished(self, folders: Iterator[CellFolder], settings: str) -> Iterator[Taken]:
        for folder in folders:
            try:
                found = self._taken(folder, settings)
            except (OSError, StoreError, KeyError, TypeError, ValueError, AttributeError):
                # What is damaged is told of by others; here it is only no experience.
                continue
            if found is not None:
                yield found

    def _taken(self, folder: CellFolder, settings: str) -> Taken | None:
        attempts = folder.attempts()
        if not attempts or _told(attempts[0]).get("outcome") != "done":
            return None
        start = read_json(attempts[0].start)
        if self._profile(start["record"]) != self.profile:
            return None
        if canonical_json(read_json(folder.description)["settings"]) != settings:
            return None
        return Taken(
            wall_s=sum(float(_told(one).get("wall_s", 0.0)) for one in attempts),
            threads=int(start["threads"]),
            device="cuda" if start["gpu"] else "cpu",
        )

    def _profile(self, record: int) -> str:
        """Return by which profile a submission was made; empty for a cell started by hand."""
        if record not in self._profiles:
            facts = Ledger(self.layout.ledger).read(record).profile if record else {"name": ""}
            self._profiles[record] = str(facts["name"])
        return self._profiles[record]


def _told(attempt: AttemptFolder) -> dict[str, Any]:
    # One that was killed has told how far it was a moment before.
    return read_json(attempt.end) or read_json(attempt.progress) or {}

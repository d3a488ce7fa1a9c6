"""The store as a whole: made once for one grid, opened by every command and job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hpcmlff.errors import StoreError, StoreMismatch
from hpcmlff.files import absolute, create_once, json_bytes
from hpcmlff.spec.cells import Cell
from hpcmlff.store.frozen import FrozenGrid, FrozenGrids
from hpcmlff.store.layout import CellFolder, Layout
from hpcmlff.store.leases import LeaseFolder
from hpcmlff.store.ledger import Ledger
from hpcmlff.store.marker import STORE_FORMAT, read_marker
from hpcmlff.store.rates import Rates
from hpcmlff.store.site import SiteRecord


@dataclass(frozen=True, slots=True)
class Store:
    """An opened store."""

    layout: Layout
    """Where things are."""
    name: str
    """Name of the grid it belongs to."""

    @property
    def path(self) -> Path:
        """The store's folder."""
        return self.layout.root

    @property
    def ledger(self) -> Ledger:
        """The submissions."""
        return Ledger(self.layout.ledger)

    @property
    def rates(self) -> Rates:
        """The rates measured on clusters."""
        return Rates(self.layout.rates)

    @property
    def leases(self) -> LeaseFolder:
        """Which site has which cells."""
        return LeaseFolder(self.layout.leases)

    @property
    def site(self) -> SiteRecord:
        """Which site this is."""
        return SiteRecord(self.layout.root)

    def cell(self, cell: Cell) -> CellFolder:
        """Return a cell's folder."""
        return self.layout.cell(cell.label)

    @contextmanager
    def exclusive(self, wait_s: float = 60.0) -> Iterator[None]:
        """Keep other commands from planning or submitting at the same time.

        Raises
        ------
        StoreError
            Another command has held the store for longer than `wait_s`.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.layout.lock, fallback_to_soft=False)
        try:
            with lock.acquire(timeout=wait_s):
                yield
        except Timeout:
            raise StoreError(
                "another command is submitting to this store",
                where=str(self.path),
                hint="Wait for it to end and try again",
            ) from None

    @property
    def grids(self) -> FrozenGrids:
        """The frozen grids."""
        return FrozenGrids(self.layout.grids)

    def current_grid(self) -> FrozenGrid:
        """Return the newest revision.

        Raises
        ------
        StoreError
            Nothing was ever submitted to this store.
        """
        newest = self.grids.newest()
        if not newest:
            raise StoreError(
                "the store holds no grid yet",
                where=str(self.path),
                hint="Submit one: python -m hpcmlff.submit grid.yaml",
            )
        return self.grids.read(newest)


def open_store(path: Path) -> Store:
    """Open an existing store.

    Raises
    ------
    StoreError
        There is none, or it was written by a newer hpcmlff.
    """
    layout = Layout(absolute(path))
    facts = read_marker(layout.marker, str(path))
    return Store(layout, facts["name"])


def is_store(path: Path) -> bool:
    """Tell whether a folder is a store."""
    return Layout(path).marker.is_file()


def create_store(path: Path, name: str) -> Store:
    """Make a store, or open the one that is there if it has this name.

    Raises
    ------
    StoreMismatch
        The store belongs to a grid of another name.
    StoreError
        The folder cannot be written, or holds something else.
    """
    layout = Layout(absolute(path))
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        # A hidden file may be the marker that another command is just writing.
        strange = [entry for entry in layout.root.iterdir() if not entry.name.startswith(".")]
        if strange and not layout.marker.exists():
            raise StoreError(
                "the folder is not empty and not a store",
                where=str(path),
                hint="Choose another 'store' in the grid",
            )
        create_once(layout.marker, [json_bytes({"format": STORE_FORMAT, "name": name})])
        for folder in (layout.grids, layout.ledger, layout.datasets):
            folder.mkdir(exist_ok=True)
        layout.private.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(f"is not writable: {error.strerror}", where=str(path)) from None
    found = open_store(path)
    check_name(found, name)
    return found


def check_name(found: Store, name: str) -> None:
    """Refuse a store of another grid.

    Raises
    ------
    StoreMismatch
        The names differ.
    """
    if found.name != name:
        raise StoreMismatch(
            f"belongs to the grid {found.name!r}, this one is {name!r}",
            where=str(found.path),
            hint="Give this grid a store of its own",
        )


def check_writable(path: Path) -> None:
    """Refuse a folder that cannot be written, without making it.

    Raises
    ------
    StoreError
        Names the folder and the reason.
    """
    nearest = path.resolve()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise StoreError(f"is not writable: {nearest} is not a folder", where=str(path))
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise StoreError(f"is not writable: no permission for {nearest}", where=str(path))

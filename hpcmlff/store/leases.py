"""The leases in a store: one file each, named by its content, never changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.files import create_once, json_bytes
from hpcmlff.spec.lease import Lease, lease_from
from hpcmlff.spec.leases import Leases, resolve
from hpcmlff.store.layout import entries
from hpcmlff.store.names import NAME
from hpcmlff.store.walking import read_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE = re.compile(r"[0-9a-f]{64}\.json")
_HINT = "Put a copy of it back from another site's store; without it a cell may be trained twice"


@dataclass(frozen=True, slots=True)
class LeaseFolder:
    """The leases under one folder."""

    folder: Path
    """``leases`` in the store."""

    def paths(self) -> Iterator[Path]:
        """Return the files, in the order of their names."""
        for name in sorted(entry.name for entry in entries(self.folder)):
            if _FILE.fullmatch(name):
                yield self.folder / name

    def add(self, lease: Lease) -> None:
        """Write a lease down, unless it is there; it counts once this returns.

        Raises
        ------
        OSError
            The store cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        create_once(self.folder / f"{lease.digest}.json", [json_bytes(lease.as_json())])

    def resolved(self) -> Leases:
        """Return what all leases together say; nothing is leased if there are none.

        Raises
        ------
        StoreError
            One is damaged.
        """
        try:
            return resolve(map(read_lease, self.paths()))
        except StoreError as error:
            error.hint = error.hint or _HINT
            raise


def read_lease(path: Path) -> Lease:
    """Read one lease and hold it against its name.

    Raises
    ------
    StoreError
        It is damaged, or of a newer hpcmlff.
    """
    try:
        found = lease_from(read_facts(path))
    except ValueError as error:
        raise StoreError(str(error), where=str(path)) from None
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if found.digest != path.stem:
        raise StoreError("does not have the digest that is its name", where=str(path))
    if not all(NAME.fullmatch(site) for site in (found.by, found.to, found.home)):
        raise StoreError("names a site that can be none", where=str(path))
    return found

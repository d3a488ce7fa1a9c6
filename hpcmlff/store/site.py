"""Which site a store belongs to; no longer true of a copy of its folder.

``site.json`` names the site and the number of the folder on its disk. A copy has another
number, so that it is not taken for the site's own store by those who only have copied it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.files import json_bytes, read_json, write_durably
from hpcmlff.store.names import NAME

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """What a store says of its site."""

    root: Path
    """The store."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.root / "site.json"

    def stated(self) -> str:
        """Return the site, be this its store or a copy; an empty text if it was never said.

        Jobs ask this: they run in the store they were submitted from, on nodes where the folder
        may have another number.
        """
        facts = read_json(self.path)
        site = facts.get("site") if isinstance(facts, dict) else None
        return site if isinstance(site, str) and NAME.fullmatch(site) else ""

    def here(self) -> str:
        """Return the site whose own store this is; an empty text if it is a copy, or nobody's."""
        facts = read_json(self.path)
        own = isinstance(facts, dict) and facts.get("folder") == self.root.stat().st_ino
        return self.stated() if own else ""

    def settle(self, site: str) -> None:
        """Write down that this is the site's own store.

        Raises
        ------
        OSError
            The store cannot be written.
        """
        facts = {"site": site, "folder": self.root.stat().st_ino}
        write_durably(self.path, [json_bytes(facts)])

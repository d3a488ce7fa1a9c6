"""Rates measured on a cluster: how fast its machines train, for the next estimates.

``rates/<profile>/<model>.json`` holds ``{device: {name: {value, host, time, n}}}``. It is
private, small, and never needed to read results.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import json_bytes, write_durably
from hpcmlff.store.layout import entries
from hpcmlff.store.names import NAME, checked_name
from hpcmlff.store.sealed import open_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LONGEST_BYTES = 65536
"""Longer files of rates are not read."""
_MOST = 32
"""Rates of one device."""

Facts = dict[str, dict[str, dict[str, Any]]]
"""Device and name to value, host, time and n."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The measured rates under one folder."""

    folder: Path
    """``rates`` in the store."""

    def read(self, profile: str, model: str, device: str) -> dict[str, float]:
        """Return rates by name; none where nothing was measured or the file cannot be used.

        Parameters
        ----------
        profile
            Name of the cluster's profile.
        model
            Name of the trainer.
        device
            ``cpu`` or ``cuda``.
        """
        facts = self._known(self._path(profile, model))
        return {name: one["value"] for name, one in facts.get(device, {}).items()}

    def keep(
        self, profile: str, model: str, device: str, host: str, found: Mapping[str, float]
    ) -> None:
        """Take over what a finished training has measured; of two at once the last one wins.

        Parameters
        ----------
        profile, model, device
            As in `read`.
        host
            Kind of the machine.
        found
            Rates by name; those not among them stay.

        Raises
        ------
        StoreError
            A name or a value is none of a rate.
        OSError
            The store cannot be written.
        """
        path = self._path(profile, model)
        known = self._known(path)
        before, now = known.get(device, {}), datetime.now(UTC).isoformat(timespec="seconds")
        made = {
            name: {
                "value": float(value),
                "host": host,
                "time": now,
                "n": 1 + before.get(name, {}).get("n", 0),
            }
            for name, value in found.items()
        }
        facts = known | {device: before | made}
        _check(facts, path)
        for folder in (self.folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_durably(path, [json_bytes(facts)])

    def files(self) -> Iterator[Path]:
        """Return the files of all clusters and models."""
        for place in self.folders():
            names = (entry.name for entry in entries(place))
            yield from (place / name for name in sorted(names) if _is_file_of_rates(name))

    def folders(self) -> list[Path]:
        """Return the folders of all clusters."""
        found = (one for one in entries(self.folder) if one.is_dir(follow_symlinks=False))
        return [self.folder / one.name for one in sorted(found, key=lambda one: one.name)]

    def _known(self, path: Path) -> Facts:
        try:
            return read_rates(path)
        except (StoreError, OSError):
            return {}

    def _path(self, profile: str, model: str) -> Path:
        place = self.folder / checked_name(profile, "profile")
        return place / f"{checked_name(model, 'model')}.json"


def read_rates(path: Path) -> Facts:
    """Read and check one file of rates.

    Raises
    ------
    StoreError
        It is damaged.
    OSError
        It cannot be read.
    """
    with open_plain(path) as file:
        text = file.read(LONGEST_BYTES + 1)
    try:
        facts: Facts = json.loads(text)
    except ValueError:
        raise StoreError("is not JSON", where=str(path)) from None
    _check(facts, path)
    return facts


def _check(facts: Any, path: Path) -> None:
    try:
        good = all(
            len(rates) <= _MOST and all(_is_rate(name, one) for name, one in rates.items())
            for rates in facts.values()
        )
    except (AttributeError, TypeError, KeyError):
        good = False
    if not good:
        raise StoreError("does not hold rates", where=str(path))


def _is_rate(name: str, one: Mapping[str, Any]) -> bool:
    value, n = one["value"], one["n"]
    is_number = isinstance(value, float) and 0 < value < math.inf
    return is_number and isinstance(n, int) and n > 0 and NAME.fullmatch(name) is not None


def _is_file_of_rates(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")

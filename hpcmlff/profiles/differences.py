"""Where a profile and its cluster differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hpcmlff.errors import Key

_UNITS_S = (("d", 86400), ("h", 3600), ("m", 60))


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that a profile says and its cluster does not."""

    severity: Literal["error", "note"]
    """An error makes jobs fail or be refused; a note is worth knowing."""
    key: Key
    """Path of the value in the profile."""
    profile: str
    """What the profile says."""
    cluster: str
    """What the cluster says."""
    change: str
    """What to do about it."""

    def line(self, where: Callable[[Key], str]) -> str:
        """Return it as one line; `where` turns a key into file, line and key."""
        both = f"profile: {self.profile}; cluster: {self.cluster}"
        return f"{self.severity}: {where(self.key)}: {both}. {self.change}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "severity": self.severity,
            "key": ".".join(str(part) for part in self.key),
            "profile": self.profile,
            "cluster": self.cluster,
            "change": self.change,
        }


def error(key: Key, profile: str, cluster: str, change: str) -> Difference:
    """Return a difference that makes jobs fail or be refused."""
    return Difference(severity="error", key=key, profile=profile, cluster=cluster, change=change)


def note(key: Key, profile: str, cluster: str, change: str) -> Difference:
    """Return a difference that is worth knowing."""
    return Difference(severity="note", key=key, profile=profile, cluster=cluster, change=change)


def fits(found: Iterable[Difference]) -> bool:
    """Tell whether nothing stands against using the profile."""
    return all(one.severity != "error" for one in found)


def duration(seconds: int) -> str:
    """Return a duration as profiles write it, in the largest unit that is exact."""
    for unit, length in _UNITS_S:
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"

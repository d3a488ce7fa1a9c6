"""Reading the full text of ``qstat -B``, ``qstat -Q`` and ``pbsnodes``, and values in it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

Attributes = Mapping[str, str]
"""Attributes of a server, queue or node, such as ``resources_max.mem``."""

_ATTRIBUTE = re.compile(r"\s+(?P<name>\w[\w.]*) = (?P<value>.*)")
_SIZE = re.compile(r"(?P<number>\d+)(?P<unit>[kmgtp]?)b?", re.I)
_EXPONENT = {"": -2, "k": -1, "m": 0, "g": 1, "t": 2, "p": 3}
_CLOCK = re.compile(r"(?:(?:(?P<h>\d+):)?(?P<m>\d+):)?(?P<s>\d+)(?:\.\d+)?")


def records(printed: str, head: str) -> dict[str, dict[str, str]]:
    """Return what is printed of each server, queue or node.

    Parameters
    ----------
    printed
        Blocks of a line with the name and indented attributes; long values go on in lines
        that begin with a tab.
    head
        What stands before the name.
    """
    found: dict[str, dict[str, str]] = {}
    attributes: dict[str, str] = {}
    for line in printed.replace("\n\t", "").splitlines():
        if match := _ATTRIBUTE.fullmatch(line):
            attributes[match["name"]] = match["value"].strip()
        elif line.startswith(head) and line.strip():
            attributes = found.setdefault(line[len(head) :].strip(), {})
    return found


def whole(value: str | None) -> int | None:
    """Return a whole number; None if there is none."""
    return int(value) if value and value.isdigit() else None


def flag(value: str | None) -> bool:
    """Tell whether a value is true."""
    return (value or "").lower() in {"true", "t", "1", "y", "yes"}


def size_mb(value: str | None) -> int | None:
    """Return a size such as ``24gb`` or ``25165824kb`` in MiB, rounded down."""
    match = _SIZE.fullmatch(value or "")
    if match is None:
        return None
    return int(int(match["number"]) * 1024.0 ** _EXPONENT[match["unit"].lower()])


def clock_s(value: str | None) -> int | None:
    """Return a duration such as ``72:00:00`` in seconds; None if there is none."""
    match = _CLOCK.fullmatch(value or "")
    if match is None:
        return None
    hours, minutes, seconds = (int(match[unit] or 0) for unit in "hms")
    return (hours * 60 + minutes) * 60 + seconds

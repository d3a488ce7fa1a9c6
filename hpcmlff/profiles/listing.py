"""Showing the profiles there are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.lookup import Found
from hpcmlff.executors.recognition import Machine, recognised_by
from hpcmlff.profiles.differences import duration

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.spec.profile import Profile

_SECONDS = re.compile(r"(\d+)s")
_HEADINGS = ("name", "scheduler", "here", "from", "description")


def rows(found: Iterable[Found], machine: Machine) -> list[dict[str, Any]]:
    """Return what is told of each profile."""
    return [_row(one, machine) for one in found]


def table(listed: Iterable[dict[str, Any]]) -> list[str]:
    """Return the rows as aligned lines; the last column is as long as it needs to be."""
    cells = [_HEADINGS, *(_cells(row) for row in listed)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS) - 1)]
    return [
        "  ".join(
            [*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in cells
    ]


def resolved(profile: Profile) -> dict[str, Any]:
    """Return all that a profile says and means by default, as a file would have it."""
    found: dict[str, Any] = _readable(profile.model_dump(mode="json", exclude_none=True))
    return found


def as_yaml(profile: Profile, path: Path) -> str:
    """Return the resolved profile as a file that could be read again."""
    import yaml

    text: str = yaml.safe_dump(resolved(profile), sort_keys=False, allow_unicode=True)
    return f"# {path}, with the defaults of what it leaves out\n{text}"


def _row(one: Found, machine: Machine) -> dict[str, Any]:
    by = recognised_by(one.profile.recognise, machine) if one.profile else None
    return {
        "name": one.name,
        "scheduler": one.profile.scheduler if one.profile else None,
        "recognised_by": None if one.shadowed_by else by,
        "path": str(one.path),
        "description": one.profile.description if one.profile else "",
        "error": str(one.error) if one.error else None,
        "shadowed_by": str(one.shadowed_by) if one.shadowed_by else None,
    }


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    about = row["description"]
    if row["error"]:
        about = f"broken: {row['error']}".partition("\n")[0]
    if row["shadowed_by"]:
        about = f"not used: {row['shadowed_by']} comes first"
    here = "yes" if row["recognised_by"] else ""
    return (row["name"], row["scheduler"] or "?", here, row["path"], about)


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _readable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_readable(one) for one in value]
    match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    return duration(int(match[1])) if match else value

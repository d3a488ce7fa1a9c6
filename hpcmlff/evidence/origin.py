"""Where results come from, in a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.store.layout import CellFolder

_COMMIT = 12


def origin(folder: CellFolder) -> str:
    """Say with what, and on what, the newest attempt of a cell was trained.

    Parameters
    ----------
    folder
        The cell.

    Returns
    -------
    str
        Such as ``hpcmlff 0.1.0 (1a2b3c), numpy 2.3.5, Python 3.11.7, on AMD EPYC 7763``;
        empty where nothing was written down, as of a result merged from another store.
    """
    for attempt in folder.attempts():
        start = read_json(attempt.start) or {}
        facts = (start.get("merged_from") or {}).get("start") or start
        if "packages" in facts:
            return _line(facts)
    return ""


def _line(facts: Mapping[str, Any]) -> str:
    packages = dict(facts["packages"])
    own = f"hpcmlff {packages.pop('hpcmlff', '?')}"
    if commit := facts.get("git_commit"):
        dirty = "-dirty" if commit.endswith("-dirty") else ""
        own += f" ({commit[:_COMMIT]}{dirty})"
    others = [f"{name} {version}" for name, version in packages.items()]
    machine = facts.get("gpu") or facts.get("cpu") or "a machine that is not known"
    return f"{', '.join([own, *others])}, Python {facts.get('python', '?')}, on {machine}"

"""Which format a file of frames has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("published-xyz", "extxyz", "npz", "ase-db")
"""Names of the formats, as in `hpcmlff.spec.grid.FileFormat`."""

_MAGIC = {b"PK\x03\x04": "npz", b"SQLite format 3\x00": "ase-db"}
_SUFFIX = {".npz": "npz", ".db": "ase-db", ".json": "ase-db", ".extxyz": "extxyz"}


def recognise(path: Path) -> str:
    """Tell a file's format from its first bytes, then from its suffix.

    Raises
    ------
    DataError
        There is no such file, or it could be of more than one format.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise DataError("no such file", where=str(path)) from None
    except OSError as found:
        raise DataError(f"cannot read: {found.strerror}", where=str(path)) from None
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    return _SUFFIX.get(path.suffix.lower()) or _kind_of_xyz(head) or _refuse(path)


def _kind_of_xyz(head: bytes) -> str | None:
    """Tell the two kinds of xyz by the second line: a number alone, or key=value."""
    lines = head.decode("utf-8", errors="replace").split("\n")
    if len(lines) < 2 or not lines[0].strip().isdigit():
        return None
    if "=" in lines[1]:
        return "extxyz"
    try:
        float(lines[1])
    except ValueError:
        return None
    return "published-xyz"


def _refuse(path: Path) -> str:
    hint = f"Write format: and one of {', '.join(FORMATS)}"
    raise DataError("the format cannot be told from the file", where=str(path), hint=hint)

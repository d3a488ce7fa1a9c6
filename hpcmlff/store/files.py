"""Writing files so that a crash leaves the old content or the new, never a part."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    Buffer = bytes | memoryview


def write_durably(path: Path, parts: Iterable[Buffer]) -> None:
    """Replace a file by new content and return once the disk has it.

    Parameters
    ----------
    path
        The file; its folder must exist.
    parts
        The content, written one after the other.

    Raises
    ------
    OSError
        The content could not be written; the old file is untouched.
    """
    temporary = write_temporary(path, parts)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_temporary(path: Path, parts: Iterable[Buffer]) -> Path:
    """Write and sync content beside its target, under a name of its own.

    Raises
    ------
    OSError
        Writing failed; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        with temporary.open("xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return temporary


def create_once(path: Path, parts: Iterable[Buffer]) -> bool:
    """Create a file with its whole content, unless it exists.

    Returns
    -------
    bool
        False if somebody else was first.
    """
    temporary = write_temporary(path, parts)
    try:
        # A hard link, unlike a rename, refuses to replace what is there.
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Make a folder's new names survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def json_bytes(value: Any) -> bytes:
    """Return plain data as readable JSON."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"


def read_json(path: Path) -> Any:
    """Return a JSON file's content, or None if there is none or it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None

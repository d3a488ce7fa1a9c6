"""Writing files so that a crash leaves the old content or the new, never a part."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Buffer = bytes | memoryview


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a name beside a file; what is written there takes the file's place at the end.

    The name keeps the file's suffix, by which some writers choose the format. Nothing
    is left behind when writing fails.

    Parameters
    ----------
    path
        The file; its folder must exist.

    Raises
    ------
    OSError
        The content could not be written; the old file is untouched.
    """
    temporary = _beside(path)
    try:
        yield temporary
        _sync(temporary, os.O_RDONLY)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


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
    with replacing(path) as temporary:
        _write(temporary, parts)


def write_temporary(path: Path, parts: Iterable[Buffer]) -> Path:
    """Write and sync content beside its target, under a name of its own.

    Raises
    ------
    OSError
        Writing failed; nothing is left behind.
    """
    temporary = _beside(path)
    try:
        _write(temporary, parts)
        _sync(temporary, os.O_RDONLY)
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


def absolute(path: Path) -> Path:
    """Return a path from the root on, symbolic links kept.

    On clusters they lead to where a file system happens to be mounted on this machine,
    which may be elsewhere on the nodes.
    """
    return Path(os.path.abspath(path))  # noqa: PTH100 - it takes away "..", Path does not


def sync_folder(folder: Path) -> None:
    """Make a folder's new names survive a crash of the machine."""
    _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def json_bytes(value: Any) -> bytes:
    """Return plain data as readable JSON."""
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"


def read_json(path: Path) -> Any:
    """Return a JSON file's content, or None if there is none or it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def end_of_text(path: Path, most_bytes: int) -> str:
    """Return the end of a text file; empty if it cannot be read, and what is no UTF-8 replaced.

    Parameters
    ----------
    path
        The file.
    most_bytes
        How much of it.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most_bytes))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def changed_at(path: Path) -> float | None:
    """Return when a file was last written, in seconds since the epoch; None if there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{uuid.uuid4().hex[:12]}.tmp{path.suffix}")


def _write(path: Path, parts: Iterable[Buffer]) -> None:
    with path.open("xb") as file:
        for part in parts:
            file.write(part)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Report files: a reader sees the old one or the new one, and errors name the file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import HpcmlffError
from hpcmlff.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def report_file(path: Path) -> Iterator[Path]:
    """Give a temporary file in the same folder and move it into place at the end.

    The folder is made if it is missing; nothing is left behind when writing fails.

    Parameters
    ----------
    path
        The file to write.

    Raises
    ------
    HpcmlffError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            yield temporary
    except OSError as found:
        reason = found.strerror or str(found)
        raise HpcmlffError(
            f"cannot write: {reason}", where=str(path), hint="Choose another folder or make room"
        ) from None

"""Files that are replaced whole: a reader sees the old one or the new one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import HpcmlffError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
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
    # The suffix stays: writers choose the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as found:
        reason = found.strerror or str(found)
        raise HpcmlffError(
            f"cannot write: {reason}", where=str(path), hint="Choose another folder or make room"
        ) from None
    finally:
        _discard(temporary)


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # Its folder is no folder: nothing was written, and that error is already on its way.
        return

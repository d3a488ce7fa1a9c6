"""The ends of what jobs have printed outside of their cells' logs, element by element."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ENDING = ".OU"
"""Behind a PBS job's id in the name of the file that PBS writes."""
_LOG = "_log.out"
"""Behind id and task in the name of the file that submitit lets the job write."""

_OF_ELEMENT = re.compile(r"\d+_(?P<element>\d+)_\d+_log\.out|\d+\[(?P<index>\d+)\]\S*\.OU")
_TAIL_BYTES = 4096


def ends(
    folder: Path, *endings: str, wanted: Callable[[int], bool] = lambda _: True
) -> Iterator[tuple[int, str]]:
    """Yield element and end of each output of a submission; nothing of empty ones.

    Parameters
    ----------
    folder
        The submission's folder, which only its owner can read. A job that is no array is
        element 0.
    endings
        Ends of the files' names; those of submitit and of PBS if left out.
    wanted
        Tells of an element whether to read its output.
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - thousands of names
    except OSError:
        return
    for name in names:
        if not name.endswith(endings or (_LOG, ENDING)) or not wanted(_element(name)):
            continue
        if text := _tail(folder / name):
            yield _element(name), text


def end_of(folder: Path, element: int) -> str:
    """Return the end of what one element of a submission has printed."""
    return "\n".join(text for _, text in ends(folder, wanted=lambda one: one == element))


def _element(name: str) -> int:
    match = _OF_ELEMENT.fullmatch(name)
    return int(match["element"] or match["index"]) if match else 0


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""

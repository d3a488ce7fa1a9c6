"""What jobs have printed outside of their cells' logs, element by element."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from hpcmlff.files import end_of_text

ENDING = ".OU"
"""Behind a PBS job's id in the name of the file that PBS writes."""
_LOGS = ("_log.out", "_log.err")
"""Behind id and task in the names of the files that submitit lets the job write."""

_OF_ELEMENT = re.compile(r"\d+_(?P<element>\d+)_\d+_log\.(out|err)|\d+\[(?P<index>\d+)\]\S*\.OU")
_TAIL_BYTES = 4096


def outputs(folder: Path, *endings: str) -> Iterator[tuple[int, Path]]:
    """Yield element and file of each output of a submission, by their names.

    Parameters
    ----------
    folder
        The submission's folder, which only its owner can read: for others there are none. A
        job that is no array is element 0.
    endings
        Ends of the files' names; those of submitit and of PBS if left out.
    """
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - thousands of names
    except OSError:
        return
    for name in names:
        if name.endswith(endings or (*_LOGS, ENDING)):
            yield _element(name), folder / name


def ends(
    folder: Path, *endings: str, wanted: Callable[[int], bool] = lambda _: True
) -> Iterator[tuple[int, str]]:
    """Yield element and end of each output of a submission; nothing of empty ones.

    Parameters
    ----------
    folder, endings
        As for `outputs`.
    wanted
        Tells of an element whether to read its output.
    """
    for element, path in outputs(folder, *endings):
        if wanted(element) and (text := end_of_text(path, _TAIL_BYTES)):
            yield element, text


def end_of(folder: Path, element: int) -> str:
    """Return the end of what one element of a submission has printed."""
    return "\n".join(text for _, text in ends(folder, wanted=lambda one: one == element))


def _element(name: str) -> int:
    match = _OF_ELEMENT.fullmatch(name)
    return int(match["element"] or match["index"]) if match else 0

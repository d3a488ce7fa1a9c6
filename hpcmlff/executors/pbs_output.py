"""What PBS itself writes into a job's output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hpcmlff.executors.job_output import ENDING, ends

__all__ = ["ENDING", "exceeded"]

_EXCEEDED = re.compile(r"^=>> PBS: job killed: (?P<what>\w+) .*\bexceeded limit ", re.M)
_WORDS: Final[Mapping[str, str]] = {
    "walltime": "TIMEOUT",
    **dict.fromkeys(("mem", "vmem", "pmem", "pvmem"), "OUT_OF_MEMORY"),
}


def exceeded(folder: Path) -> dict[int, str]:
    """Return the elements that PBS has killed for a limit, with words for which.

    Parameters
    ----------
    folder
        Where PBS writes; a job that is no array is element 0.
    """
    found = ((element, _EXCEEDED.search(text)) for element, text in ends(folder, ENDING))
    return {element: _WORDS.get(match["what"], "OVER_LIMIT") for element, match in found if match}

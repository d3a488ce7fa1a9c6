"""Ids of PBS jobs: ``12.server``, ``12[].server`` for an array, ``12[3].server`` for an element.

submitit makes file names of ids and splits them at ``_``; so an element is ``12_3`` there,
and a job ``12``. PBS takes ids without the server's name. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PBS = re.compile(r"(?P<number>\d+)(?P<array>\[(?P<index>\d*)\])?(?:\.(?P<server>\S+))?")
_SAFE = re.compile(r"(?P<number>\d+)(?:_(?P<index>\d+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobId:
    """What an id names."""

    number: str
    """The sequence number."""
    is_array: bool = False
    """Whether it belongs to an array."""
    index: int | None = None
    """Index of an element; None for a job or a whole array."""

    @property
    def pbs(self) -> str:
        """As PBS's commands take it, without the server's name."""
        index = "" if self.index is None else self.index
        return f"{self.number}[{index}]" if self.is_array else self.number

    @property
    def safe(self) -> str:
        """As it stands in file names."""
        return self.number if self.index is None else f"{self.number}_{self.index}"

    @property
    def whole(self) -> JobId:
        """The array an element belongs to, or the job itself."""
        return JobId(number=self.number, is_array=self.is_array)


def read_id(text: str) -> JobId:
    """Read an id as PBS or as a file name has it.

    Raises
    ------
    ValueError
        It is neither.
    """
    if match := _PBS.fullmatch(text.strip()):
        index = match["index"]
        return JobId(
            number=match["number"],
            is_array=match["array"] is not None,
            index=int(index) if index else None,
        )
    if match := _SAFE.fullmatch(text.strip()):
        return JobId(number=match["number"], is_array=True, index=int(match["index"]))
    raise ValueError(f"{text!r} is no id of a PBS job, such as 12.server, 12[3].server or 12_3")


def submitted_id(printed: str) -> str:
    """Return the id that qsub has printed, which is its last line.

    Raises
    ------
    ValueError
        It has printed none.
    """
    last = printed.strip().rpartition("\n")[2].strip()
    read_id(last)
    return last

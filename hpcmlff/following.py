"""Following a cell's log while it grows, from attempt to attempt; asks no scheduler."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcmlff.files import read_json

if TYPE_CHECKING:
    from hpcmlff.store.layout import AttemptFolder, CellFolder

LOOK_S = 1.0
"""Time between two looks at the file."""

_FOR_GOOD = ("done", "failed")
_CHUNK = 1 << 16


@dataclass(kw_only=True, slots=True)
class Follower:
    """Where the reader of a cell's logs is."""

    cell: CellFolder
    """The cell's folder."""
    show: Callable[[str], None]
    """Takes what was printed."""
    tell: Callable[[str], None]
    """Takes what is to be said of the attempts."""
    attempt: AttemptFolder | None = None
    """The attempt whose log is read; None before there is one."""
    position: int = 0
    """Bytes of it that were shown."""
    told: bool = False
    """It was said that it has ended."""
    _decoder: codecs.IncrementalDecoder = field(init=False)

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def follow(self) -> str:
        """Show what is printed until the cell is done or has failed; return which.

        A cell that has stopped is waited for: its next attempt may come at any time.
        """
        if self.attempt is None and not self.cell.attempts():
            self.tell("the cell has not begun; waiting for it")
        while True:
            if not self._read() and (outcome := self._next()):
                return outcome
            time.sleep(LOOK_S)

    def _read(self) -> bool:
        """Show what is new; tell whether there was anything."""
        if self.attempt is None or not self.attempt.log.exists():
            return False
        with self.attempt.log.open("rb") as file:
            file.seek(self.position)
            before = self.position
            while part := file.read(_CHUNK):
                self.position += len(part)
                self.show(self._decoder.decode(part))
        return self.position > before

    def _next(self) -> str:
        """Go to the next attempt, if there is one; return how the cell ended, if it has."""
        number = self.attempt.number if self.attempt else 0
        newer = [one for one in self.cell.attempts() if one.number > number]
        if newer:
            self._read()
            self.attempt, self.position, self.told = newer[-1], 0, False
            self._decoder.reset()
            self.tell(f"attempt {self.attempt.number}: {self.attempt.log}")
            return ""
        end = (read_json(self.attempt.end) or {}) if self.attempt else {}
        outcome = str(end.get("outcome", ""))
        if outcome in _FOR_GOOD:
            # Its last words came before its end, but perhaps after our last look.
            self._read()
            return outcome
        if outcome and not self.told:
            self.told = True
            self.tell(f"stopped ({end.get('reason', '')}); waiting for the next attempt")
        return ""

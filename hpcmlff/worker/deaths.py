"""How cells' processes ended that were killed, as the process that started them sees it."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcmlff.files import read_json
from hpcmlff.store.attempts import record_end
from hpcmlff.worker.oom_kills import OomKills, count_kills

if TYPE_CHECKING:
    import subprocess

    from hpcmlff.store.layout import AttemptFolder, CellFolder

_MEMORY_S = 60.0
"""A process that the kernel has killed may take so long to be gone, with much memory."""


@dataclass(kw_only=True, slots=True)
class Deaths:
    """Watches the kernel's counts of processes killed for want of memory."""

    counted: OomKills = field(default_factory=count_kills)
    """The counts at the last look."""
    unclaimed: list[tuple[float, str]] = field(default_factory=list)
    """Time and place of kills whose victims have not been found yet."""

    def look(self) -> None:
        """Take notice of what the kernel has done since the last look."""
        now, counts = time.monotonic(), count_kills()
        recent = [one for one in self.unclaimed if now - one[0] < _MEMORY_S]
        self.unclaimed = recent + [(now, place) for place in counts.since(self.counted)]
        self.counted = counts

    def note(self, cell: CellFolder, process: subprocess.Popen[bytes], asked: str) -> None:
        """Write down how a cell's process ended, if it was killed.

        Parameters
        ----------
        cell
            The cell.
        process
            Its process, which has ended.
        asked
            Why it had been asked to stop before, or an empty text.
        """
        if process.returncode >= 0:
            return
        attempt = _attempt_of(cell, process.pid)
        if attempt is None:
            return
        name = signal.Signals(-process.returncode).name
        facts = {"outcome": "killed", "signal": name, "reason": f"its process was killed ({name})"}
        facts |= {"asked": asked} if asked else {}
        facts |= {"oom": place} if name == "SIGKILL" and (place := self._claim()) else {}
        # On a full disk it stays without an end.
        with suppress(OSError):
            record_end(attempt, facts)

    def _claim(self) -> str:
        self.look()
        return self.unclaimed.pop(0)[1] if self.unclaimed else ""


def _attempt_of(cell: CellFolder, pid: int) -> AttemptFolder | None:
    """Return the attempt that a process of this machine was making, unless it has an end."""
    newest = cell.attempts()[:1]
    if not newest or newest[0].end.exists():
        return None
    process = (read_json(newest[0].start) or {}).get("process") or {}
    return newest[0] if process.get("pid") == pid else None

"""How cells' processes ended that were killed, as the process that started them sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import EXIT_BUG, EXIT_STOPPED_EARLY
from hpcmlff.files import read_json
from hpcmlff.store.attempts import record_end
from hpcmlff.worker.oom_kills import OomKills, count_kills

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hpcmlff.store.layout import CellFolder

_MEMORY_S = 60.0
"""A process that the kernel has killed may take so long to be gone, with much memory."""
_CODES = {"done": 0, "stopped": EXIT_STOPPED_EARLY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Death:
    """How a process ended that was killed."""

    signal: str
    """Name of the signal."""
    reason: str
    """What happened, in words."""
    asked: str = ""
    """Why it had been asked to stop before; empty if it had not."""

    def __str__(self) -> str:
        return f"{self.reason} ({self.signal})"


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

    def note(self, cell: CellFolder, process: Mapping[str, Any] | None, death: Death) -> int | None:
        """Write down how an attempt ended whose process can do so no more.

        Parameters
        ----------
        cell
            The cell.
        process
            What tells the process from every other; an attempt of another one is left alone.
        death
            How it ended.

        Returns
        -------
        int or None
            The exit code that goes with what the process has itself written down before.
        """
        newest = cell.attempts()[:1]
        started = (read_json(newest[0].start) or {}).get("process") if newest else None
        if started is None or started != process:
            return None
        if (end := read_json(newest[0].end)) is not None:
            return int(end.get("exit_code", _CODES.get(end["outcome"], EXIT_BUG)))
        try:
            record_end(newest[0], self._facts(death))
        except OSError as error:
            print(f"{newest[0].end}: {error}", flush=True)  # noqa: T201 - the job's log
        return None

    def _facts(self, death: Death) -> dict[str, Any]:
        facts = {"outcome": "killed", "reason": death.reason, "signal": death.signal}
        facts |= {"asked": death.asked} if death.asked else {}
        return facts | ({"oom": place} if (place := self._claim(death)) else {})

    def _claim(self, death: Death) -> str:
        if death.signal != "SIGKILL":
            return ""
        self.look()
        return self.unclaimed.pop(0)[1] if self.unclaimed else ""

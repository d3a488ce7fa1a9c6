"""When to report and when to commit, and how long is left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hpcmlff.models.protocol import Progress
from hpcmlff.worker.stop import StopRequest

_COMMIT_SHARE = 0.01
"""Checkpoints may cost at most this part of the time."""


@dataclass(kw_only=True, slots=True)
class Pace:
    """Clock of one attempt."""

    stop: StopRequest
    """Why to stop, if there is a reason."""
    report_s: float
    """Time between two reports."""
    commit_s: float
    """Time between two checkpoints; stretched where writing one is slow."""
    train_s: float = 0.0
    """Time spent training in this attempt."""
    first_step: int = 0
    """Step the attempt began at."""
    _reported: float = field(default_factory=time.monotonic)
    _committed: float = field(default_factory=time.monotonic)
    _since: float = 0.0

    def begin(self) -> None:
        """Note that training goes on."""
        self._since = time.monotonic()

    def pause(self) -> None:
        """Note that training has come back from a safe point."""
        now = time.monotonic()
        self.train_s += now - self._since
        self._reported = now

    def due(self) -> bool:
        """Tell the trainer whether to come back: to report, to commit or to stop."""
        now = time.monotonic()
        return now - self._reported >= self.report_s or bool(self.stop.reason)

    def commit_due(self) -> bool:
        """Tell whether the last checkpoint is old enough for the next."""
        return time.monotonic() - self._committed >= self.commit_s

    def committed(self, cost_s: float) -> None:
        """Note a finished checkpoint and what it cost."""
        self._committed = time.monotonic()
        self.commit_s = max(self.commit_s, cost_s / _COMMIT_SHARE)

    def time_left_s(self, progress: Progress) -> float | None:
        """Return the time left at this attempt's own rate; None before its first step."""
        done = progress.step - self.first_step
        if done <= 0:
            return None
        return self.train_s / done * (progress.steps - progress.step)

"""When to stop: a signal, the job's end drawing near, or the parent gone.

Imports nothing heavy, so that the handlers stand before anything slow begins.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR2, signal.SIGINT)
"""Signals that ask for a stop at the next safe point."""


class StopRequest:
    """Remembers the first reason to stop; asked at every safe point.

    Parameters
    ----------
    deadline_s
        Seconds from now after which to stop; None for no end.
    parent
        Process whose death means that nobody waits for us; None to live alone.
    """

    def __init__(self, deadline_s: float | None = None, parent: int | None = None) -> None:
        self._reason = ""
        self._deadline = None if deadline_s is None else time.monotonic() + deadline_s
        self._parent = parent

    def arm(self) -> None:
        """Take over the signals. A handler only sets a flag: saving happens at safe points."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    @property
    def reason(self) -> str:
        """Why to stop, or empty."""
        if not self._reason and self._deadline is not None and time.monotonic() >= self._deadline:
            self._reason = "the job's walltime is ending"
        if not self._reason and self._parent is not None and os.getppid() != self._parent:
            self._reason = "the job's main process is gone"
        return self._reason

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._reason = self._reason or signal.Signals(number).name

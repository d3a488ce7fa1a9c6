"""When to stop: a signal, the job's end drawing near, or the parent gone.

Imports nothing heavy, so that the handlers stand before anything slow begins.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from types import FrameType

from hpcmlff.spec.stopping import SIGNALLED, WALLTIME_ENDS
from hpcmlff.worker.age import process_age_s

SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT)
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
        self.armed_s: float | None = None
        """Age of the process when the handlers were first in place, seconds."""
        self.signal: signal.Signals | None = signal.SIGTERM
        """What gives processes of one's own the same reason; None where their clocks do."""
        self._reason = ""
        self._deadline: float | None = None
        self._parent = parent
        self._handler = self._note
        if deadline_s is not None:
            self.end_in(deadline_s)

    def arm(self) -> None:
        """Take over the signals. A handler only sets a flag: saving happens at safe points.

        Signals that were held back until now arrive.
        """
        for number in SIGNALS:
            signal.signal(number, self._handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if self.armed_s is None:
            self.armed_s = process_age_s()

    def hold_back(self) -> None:
        """Let no signal arrive any more: Python ends without handlers, and would die of it."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def end_in(self, deadline_s: float) -> None:
        """Stop this many seconds from now."""
        self._deadline = time.monotonic() + deadline_s

    @property
    def left_s(self) -> float | None:
        """Seconds to the moment of `end_in`, or None if there is none."""
        return None if self._deadline is None else self._deadline - time.monotonic()

    @property
    def reason(self) -> str:
        """Why to stop, or empty.

        Libraries take over signals as well (submitit, and Lightning where it sees
        Slurm); every look takes them back.
        """
        self._keep_armed()
        if not self._reason and self._deadline is not None and time.monotonic() >= self._deadline:
            self._reason, self.signal = WALLTIME_ENDS, None
        if not self._reason and self._parent is not None and os.getppid() != self._parent:
            self._reason = "the job's main process is gone"
        return self._reason

    def _keep_armed(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) != self._handler:
                signal.signal(number, self._handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if not self._reason:
            self.signal = signal.Signals(number)
            self._reason = self.signal.name
        # At once: it may be killed before a safe point comes.
        with suppress(OSError):
            os.write(2, f"{SIGNALLED} {signal.Signals(number).name}\n".encode())


_OF_THIS_PROCESS = StopRequest()


def armed() -> StopRequest:
    """Return this process's stop request with its handlers in place.

    What a signal has asked for since the first call is remembered.
    """
    _OF_THIS_PROCESS.arm()
    return _OF_THIS_PROCESS

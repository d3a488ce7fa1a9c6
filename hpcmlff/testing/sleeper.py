"""A job that does nothing until it is asked to stop; for suites that try executors."""

from __future__ import annotations

import signal
import threading


def sleep_until_asked(timeout_s: float = 300.0) -> bool:
    """Sleep until SIGTERM comes; return whether it came in time."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    print("sleeping", flush=True)  # noqa: T201
    came = asked.wait(timeout_s)
    print("asked to stop" if came else "nobody asked", flush=True)  # noqa: T201
    return came

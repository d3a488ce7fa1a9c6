"""How long this process has lived: what a job costs before it trains."""

from __future__ import annotations

import os
import time
from pathlib import Path

_START_TICKS = 19
"""Field of /proc/PID/stat after the name, proc(5): start time since boot, in clock ticks."""


def process_age_s() -> float:
    """Return the seconds since this process began, to about 0.01 s."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    started_s = int(fields[_START_TICKS]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s

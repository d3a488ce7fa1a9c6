"""Processes that can be told apart later: pids are reused, so a pid alone is not enough."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_STATE, _START_TICKS = 0, 19
"""Fields of /proc/PID/stat after the name, proc(5): state, and start time since boot."""


def identify(pid: int) -> dict[str, Any] | None:
    """Return what tells a running process from every other, or None if it is gone.

    Host, boot and start time since boot; no wall clock is in it.
    """
    fields = _stat(pid)
    if fields is None:
        return None
    ticks = int(fields[_START_TICKS])
    return {"host": socket.gethostname(), "boot": _boot(), "pid": pid, "start_ticks": ticks}


def is_here(identity: Mapping[str, Any]) -> bool:
    """Tell whether a process belongs to this host, so that it can be seen from here."""
    return bool(identity["host"] == socket.gethostname())


def was_rebooted(identity: Mapping[str, Any]) -> bool:
    """Tell whether a process belongs to this host, and to a time before it was last started."""
    return is_here(identity) and identity.get("boot") != _boot()


def is_alive(identity: Mapping[str, Any]) -> bool:
    """Tell whether exactly this process of this host still runs."""
    return identify(identity["pid"]) == dict(identity)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name stands in parentheses and may hold anything, so cut after the last one.
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE] in "ZX" else fields

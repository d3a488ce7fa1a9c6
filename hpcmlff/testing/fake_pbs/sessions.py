"""Processes of this host by session, and by what stands in their environment; proc(5)."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection
from pathlib import Path

_STATE, _SESSION = 0, 3
"""Fields of /proc/PID/stat behind the name."""


def members(session: int) -> list[int]:
    """Return the living processes of a session, the youngest first, its leader last."""
    found = [pid for pid in _pids() if _session(pid) == session]
    return sorted(found, reverse=True)


def resident_kb(session: int) -> int:
    """Return the resident memory of all processes of a session, KiB."""
    pages = sum(_resident_pages(pid) for pid in members(session))
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


def marked(words: Collection[bytes]) -> list[int]:
    """Return the processes of this user in whose environment one of some words stands."""
    return [pid for pid in _pids() if _environment(pid) & set(words)]


def send(session: int, number: int) -> None:
    """Send a signal to all processes of a session, its leader last."""
    if session:
        for pid in members(session):
            send_one(pid, number)


def send_one(pid: int, number: int) -> None:
    """Send a signal to a process, which may be gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_marked(words: Collection[bytes]) -> None:
    """Kill all processes that `marked` finds, and what they start meanwhile."""
    for _ in range(20):
        found = marked(words)
        if not found:
            return
        for pid in found:
            send_one(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208


def _session(pid: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, so cut after the last one.
    fields = text.rpartition(b")")[2].split()
    return None if fields[_STATE] in b"ZX" else int(fields[_SESSION])


def _resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0


def _environment(pid: int) -> set[bytes]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return set()

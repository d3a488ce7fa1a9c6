"""The kernel's counts of processes it has killed for want of memory.

``memory.events`` of the process's own control group (kernel documentation, cgroup-v2), or
``memory.oom_control`` (cgroup-v1 memory controller), and ``oom_kill`` of /proc/vmstat for the
whole machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_KILLS = re.compile(r"^oom_kill (\d+)$", re.M)
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True, slots=True)
class OomKills:
    """The counts at one moment; 0 where one cannot be read."""

    group: int
    """In this process's control group."""
    machine: int
    """On the whole machine, this control group included."""

    def since(self, before: OomKills) -> list[str]:
        """Return where each kill since an earlier moment was."""
        own = max(0, self.group - before.group)
        others = max(0, self.machine - before.machine - own)
        return ["in the job's control group"] * own + ["on the machine"] * others


def count_kills(proc: Path = Path("/proc"), groups: Path = _GROUPS) -> OomKills:
    """Read the counts.

    Parameters
    ----------
    proc, groups
        Where the kernel shows its processes and control groups.
    """
    return OomKills(group=_of_group(proc, groups), machine=_read(proc / "vmstat"))


def _of_group(proc: Path, groups: Path) -> int:
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        inside = path.lstrip("/")
        if controllers == "memory":
            return _read(groups / "memory" / inside / "memory.oom_control")
        if not controllers and (count := _read(groups / inside / "memory.events")):
            return count
    return 0


def _read(path: Path) -> int:
    match = _KILLS.search(_text(path))
    return int(match[1]) if match else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""

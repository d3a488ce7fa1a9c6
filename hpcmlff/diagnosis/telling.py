"""The line of a job's output that tells why it ended; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hpcmlff.spec.causes import Cause

_TELLING: Final[Mapping[Cause, tuple[str, ...]]] = {
    Cause.OUT_OF_MEMORY: (
        # slurmstepd with control groups and without, and srun
        r"oom[-_ ]kill event",
        r"OOM Killed",
        r"[Ee]xceeded (job |step )?memory limit",
        r": Out Of Memory",
        # PBS's nodes, and its hook for control groups
        r"job killed: \w*mem .*exceeded limit",
        r"[Cc]group \w*mem\w* limit exceeded",
        # Python, and who else asks for memory
        r"\bMemoryError\b",
        r"annot allocate memory",
    ),
    Cause.WALLTIME: (r"DUE TO TIME LIMIT", r"job killed: walltime \d+ exceeded limit"),
    Cause.PREEMPTED: (r"DUE TO PREEMPTION", r"DUE TO JOB REQUEUE"),
    Cause.NODE_LOST: (r"DUE TO NODE FAILURE",),
    Cause.DISK_FULL: (r"No space left on device", r"Disk quota exceeded"),
    Cause.BROKEN_ENVIRONMENT: (
        r"^(\w+\.)*(ImportError|ModuleNotFoundError)\b",
        r"No module named ",
        r"cannot open shared object file",
        # shells and srun that find no program, then the two kinds of environment modules
        r": command not found",
        r"(execve\(\)|\bsh|\bbash): .*: (No such file or directory|Permission denied)",
        r"Unable to locate a modulefile",
        r"following module\(s\) are unknown",
    ),
}
_PATTERNS: Final = {cause: re.compile("|".join(lines)) for cause, lines in _TELLING.items()}

_LONGEST = 300
"""Characters of a line that are kept."""


def telling_line(output: str) -> str:
    """Return the last line that says why a job ended, or an empty text.

    Parameters
    ----------
    output
        The end of what the job printed, also by the hand of its scheduler.
    """
    for line in reversed(output.splitlines()):
        if cause_of_line(line) is not None:
            return line.strip()[:_LONGEST]
    return ""


def cause_of_line(line: str) -> Cause | None:
    """Return what a line says of why a job ended; None if it says nothing of that."""
    return next((cause for cause, pattern in _PATTERNS.items() if pattern.search(line)), None)

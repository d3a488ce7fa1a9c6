"""What PBS says of jobs, and what it means; pure.

States and substates are those of qstat(1B) and pbs_job_attributes(7B), exit statuses the
"Job Exit Codes" of the PBS Professional Reference Guide and ``job.h`` of OpenPBS; observed
with OpenPBS 23.06.06.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Final

from hpcmlff.spec.states import JobState

STATES: Final[Mapping[str, JobState]] = (
    dict.fromkeys("QHWT", JobState.QUEUED)
    | dict.fromkeys("RESUB", JobState.RUNNING)
    | dict.fromkeys("XF", JobState.ENDED)
)
"""PBS's letters for a job's state. An exiting job (E) counts as running, since its processes
may still live; a suspended one (S, U) goes on by itself. A job that was moved to another
server (M) is known to that one only, so it is unknown here."""

WORDS: Final[Mapping[str, str]] = (
    dict.fromkeys("QHWT", "PENDING") | dict.fromkeys("RESUB", "RUNNING") | {"X": "", "F": ""}
)
"""submitit's words for the same; it takes a word it does not know for the end."""

DELETED: Final = 91
"""Substate of a job that somebody has deleted; its exit status may be anything."""

_SIGNALLED = 256
"""PBS adds this to the signal that its first process has died of."""
_SHELL_SIGNALLED = 128
"""A shell adds this to the signal that its last command has died of."""

_CAUSES: Final[Mapping[int, str]] = {
    0: "COMPLETED",
    -3: "LAUNCH_FAILED, to be tried again",
    -10: "LAUNCH_FAILED, invalid user",
    -11: "REQUEUED",
    -12: "REQUEUED, checkpointed",
    -13: "LAUNCH_FAILED, bad password",
    -14: "NODE_FAIL, a node of the job was lost",
    -15: "REQUEUED, checkpointed",
    -16: "REQUEUED by a hook",
    -17: "CANCELLED by a hook",
    -18: "REQUEUED by a hook",
    -19: "CANCELLED by a hook",
    -20: "NODE_FAIL",
    -22: "LAUNCH_FAILED, a hook failed",
    -23: "LAUNCH_FAILED, no Kerberos credentials",
    -24: "OVER_LIMIT, too many cores for a while",
    -25: "OVER_LIMIT, too many cores",
    -26: "OUT_OF_MEMORY, virtual memory",
    -27: "OUT_OF_MEMORY",
    -28: "OVER_LIMIT, processor time",
    -29: "TIMEOUT",
}


def cause(status: int | None, substate: int | None = None) -> str:
    """Return how a job ended, in the words of Slurm where it has them.

    Parameters
    ----------
    status
        ``Exit_status``; None where PBS has none, as of a job that never ran.
    substate
        ``substate``, which alone tells of a deleted program that ended by itself.
    """
    if substate == DELETED:
        return "CANCELLED"
    if status is None:
        return ""
    known = _CAUSES.get(status) or _by_signal(status)
    return known or (f"LAUNCH_FAILED {status}" if status < 0 else f"FAILED {status}")


def job_state(letter: str) -> JobState:
    """Return what a letter means; UNKNOWN for one that PBS has added since."""
    return STATES.get(letter, JobState.UNKNOWN)


def submitit_word(letter: str, status: int | None, substate: int | None) -> str:
    """Return a job's state as submitit words it.

    Parameters
    ----------
    letter
        ``job_state``.
    status, substate
        As for `cause`; they count only for a job that has ended.
    """
    if letter not in WORDS:
        return "UNKNOWN"
    if word := WORDS[letter]:
        return word
    # FINISHED is nothing that submitit waits for: it looks for the result then.
    return cause(status, substate).partition(" ")[0].rstrip(",") or "FINISHED"


def _by_signal(status: int) -> str:
    for base in (_SIGNALLED, _SHELL_SIGNALLED):
        if status - base in signal.Signals.__members__.values():
            return f"FAILED, {signal.Signals(status - base).name}"
    return ""

"""What schedulers say of the end of a job's run, taken apart; pure.

Slurm's words are those of sacct(1), state and exit code, as observed with 22.05; PBS's are put
into Slurm's by `hpcmlff.executors.pbs_states`.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hpcmlff.spec.causes import Cause

STATES: Final[Mapping[str, Cause]] = {
    "OUT_OF_MEMORY": Cause.OUT_OF_MEMORY,
    "NODE_FAIL": Cause.NODE_LOST,
    "BOOT_FAIL": Cause.NODE_LOST,
    "PREEMPTED": Cause.PREEMPTED,
    "REQUEUED": Cause.PREEMPTED,
    "TIMEOUT": Cause.WALLTIME,
    "DEADLINE": Cause.WALLTIME,
    "CANCELLED": Cause.CANCELLED,
    "REVOKED": Cause.CANCELLED,
}
"""Words that say the cause by themselves. REQUEUED is a run that somebody put back."""

_STATE = re.compile(r"[A-Z_]+")
_PAIR = re.compile(r" (\d+):(\d+)$")
_CODE = re.compile(r"^FAILED (\d+)$")
_SIGNAL = re.compile(r"SIG[A-Z0-9]+")
_SHELL_SIGNALLED = 128
_BARE = frozenset({6, 7, 8, 9, 11, 15})
"""Signals that sacct shows as the exit code of the step that died of them; 4 may also be our
own code for a store that cannot be written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The words, taken apart."""

    state: str
    """Such as ``NODE_FAIL``; empty if nothing was told."""
    code: int | None
    """Exit code; None if there is none, or a signal ended it."""
    signal: str
    """Name of the signal that ended it, or an empty text."""


def taken_apart(words: str) -> Told:
    """Return what words such as ``FAILED 9:0``, ``CANCELLED by 0`` or ``FAILED, SIGKILL`` say."""
    state = _STATE.match(words)
    code, number = _numbers(words)
    named = _SIGNAL.search(words)
    name = named[0] if named else _name(number)
    return Told(state=state[0] if state else "", code=None if number else code, signal=name)


def _numbers(words: str) -> tuple[int | None, int]:
    """Return exit code and number of the signal, 0 for none."""
    if pair := _PAIR.search(words):
        code, number = int(pair[1]), int(pair[2])
    elif single := _CODE.match(words):
        code, number = int(single[1]), 0
    else:
        return None, 0
    if not number and code in _BARE:
        number = code
    if not number and code > _SHELL_SIGNALLED:
        number = code - _SHELL_SIGNALLED
    return code, number


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name if number else ""
    except ValueError:
        return ""

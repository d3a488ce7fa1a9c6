"""Why an attempt ended: from facts to a cause; pure.

What the attempt wrote itself comes first, then what others saw of it, then what follows from
what came after. Where nothing says it, it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable

from hpcmlff.diagnosis.exceptions import cause_of
from hpcmlff.diagnosis.facts import Facts
from hpcmlff.diagnosis.telling import cause_of_line
from hpcmlff.diagnosis.told import STATES
from hpcmlff.spec.causes import Cause
from hpcmlff.spec.stopping import WALLTIME_ENDS

FULL = 0.9
"""A process killed with so much of its job's memory in use has most likely run out of it."""


def cause_of_facts(facts: Facts) -> Cause:
    """Return why an attempt ended."""
    return _BY_OUTCOME.get(facts.outcome, _unwritten)(facts)


def _done(facts: Facts) -> Cause:
    del facts
    return Cause.FINISHED


def _failed(facts: Facts) -> Cause:
    written = facts.end.get("cause")
    if written in set(Cause):
        return Cause(written)
    # An attempt of before causes were written down.
    return cause_of([str(facts.end.get("kind"))], None, str(facts.end.get("message")))


def _stopped(facts: Facts) -> Cause:
    return _asked(facts, str(facts.end.get("reason")))


def _asked(facts: Facts, reason: str) -> Cause:
    """Return who asked an attempt to stop."""
    told = STATES.get(facts.told.state)
    if reason == WALLTIME_ENDS or told is Cause.WALLTIME:
        return Cause.WALLTIME
    if facts.cancelled or reason == "SIGINT":
        return Cause.CANCELLED
    if facts.is_near_walltime(facts.end.get("wall_s", facts.beat_s)):
        return Cause.WALLTIME
    return told or _by_signal(facts, reason)


def _by_signal(facts: Facts, reason: str) -> Cause:
    if facts.put_back:
        return Cause.PREEMPTED
    if facts.scheduler == "local" and reason == "SIGUSR2":
        return Cause.WALLTIME
    # A job that is over: somebody used the scheduler's own command.
    return Cause.CANCELLED if reason == "SIGTERM" else Cause.UNKNOWN


def _killed(facts: Facts) -> Cause:
    if facts.end.get("oom"):
        return Cause.OUT_OF_MEMORY
    if asked := facts.end.get("asked"):
        return _asked(facts, str(asked))
    return Cause.CANCELLED if facts.cancelled else Cause.UNKNOWN


def _unwritten(facts: Facts) -> Cause:
    """Return why an attempt was killed that could not write its end."""
    line, told = cause_of_line(facts.line), STATES.get(facts.told.state)
    # Slurm calls a job cancelled or failed whose memory a plug-in has watched.
    if line is Cause.OUT_OF_MEMORY or told is Cause.OUT_OF_MEMORY:
        return Cause.OUT_OF_MEMORY
    if facts.cancelled:
        return Cause.CANCELLED
    if found := told or line:
        return found
    if facts.told.signal == "SIGKILL" and _was_full(facts):
        return Cause.OUT_OF_MEMORY
    return _from_what_followed(facts)


def _was_full(facts: Facts) -> bool:
    peak = facts.progress.get("peak_mem_gb")
    return bool(peak and facts.mem_gb and peak >= FULL * facts.mem_gb)


def _from_what_followed(facts: Facts) -> Cause:
    if facts.put_back:
        # A node that dies sends nothing; who takes a job off it does.
        return Cause.PREEMPTED if facts.signals else Cause.NODE_LOST
    if facts.rebooted:
        return Cause.NODE_LOST
    if facts.signals and facts.is_near_walltime(facts.beat_s):
        return Cause.WALLTIME
    return Cause.UNKNOWN


_BY_OUTCOME: dict[str, Callable[[Facts], Cause]] = {
    "done": _done,
    "failed": _failed,
    "stopped": _stopped,
    "killed": _killed,
}

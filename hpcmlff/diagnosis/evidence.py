"""What a diagnosis rests on, in lines for people; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from hpcmlff.console import duration
from hpcmlff.diagnosis.facts import Facts
from hpcmlff.errors import StoreError

_SCHEDULERS: Final[Mapping[str, str]] = {"slurm": "Slurm", "pbs": "PBS"}
_LINES = 4
"""Lines of a message that are shown."""


def evidence(facts: Facts) -> tuple[str, ...]:
    """Return the lines, the strongest first."""
    found = [*_of_end(facts), *_of_job(facts)]
    if facts.outcome != "done":
        found += [*_of_scheduler(facts), *_of_life(facts)]
    return tuple(found)


def _of_end(facts: Facts) -> Iterator[str]:
    end = facts.end
    if facts.outcome == "failed":
        yield from _message(str(end.get("kind")), str(end.get("message")))
    elif facts.outcome == "stopped":
        yield f"stopped: {end.get('reason')}{_after(end.get('wall_s'), facts.walltime_s)}"
    elif facts.outcome == "killed":
        yield f"killed by {end.get('signal')}"
        if end.get("oom"):
            yield f"the kernel's count of processes killed for want of memory rose: {end['oom']}"
        if end.get("asked"):
            yield f"asked to stop before ({end['asked']}), and no safe point came in time"


def _message(kind: str, message: str) -> Iterator[str]:
    first, *rest = message.splitlines() or [""]
    yield first if first.startswith(kind) else f"{kind}: {first}"
    yield from rest[: _LINES - 1]
    if len(rest) >= _LINES:
        yield "..."


def _of_job(facts: Facts) -> Iterator[str]:
    if facts.attempt and not facts.outcome:
        yield "no end was written: its process was killed"
    if facts.signals:
        yield f"its log tells of {' and '.join(facts.signals)}"
    if facts.cancelled:
        yield "the job was cancelled by a command"
    if facts.put_back:
        yield "the scheduler has run the same job again"
    if facts.rebooted:
        yield "its machine was started anew since"


def _of_scheduler(facts: Facts) -> Iterator[str]:
    name = _SCHEDULERS.get(facts.scheduler, facts.scheduler)
    if facts.words:
        signal = facts.told.signal
        note = f" ({signal})" if signal and signal not in facts.words else ""
        yield f"{name}: {facts.words}{note}"
        if facts.told.code == StoreError.exit_code and not facts.outcome:
            yield "exit code 4: the store could not be read or written"
    elif name in _SCHEDULERS.values() and not facts.outcome and not facts.put_back:
        yield f"{name} does not say how the job ended"
    if facts.line:
        yield f"output of the job: {facts.line}"


def _of_life(facts: Facts) -> Iterator[str]:
    if facts.outcome in {"", "killed"} and facts.attempt:
        yield _report(facts)
    if facts.attempt:
        saved = facts.saved_s
        yield "no checkpoint" if saved is None else f"last checkpoint after {duration(saved)}"


def _report(facts: Facts) -> str:
    progress = facts.progress
    if not progress or facts.beat_s is None:
        return "it never reported"
    step = f"step {progress.get('step')} of {progress.get('steps')}"
    return f"last report after {duration(facts.beat_s)}: {step}{_memory(progress, facts.mem_gb)}"


def _memory(progress: Mapping[str, Any], mem_gb: float | None) -> str:
    peak = progress.get("peak_mem_gb")
    if not peak:
        return ""
    given = f" of {mem_gb:g}" if mem_gb else ""
    return f", {peak:.2f}{given} GiB in use"


def _after(wall_s: Any, walltime_s: float | None) -> str:
    if wall_s is None:
        return ""
    of = f" of {duration(walltime_s)}" if walltime_s else ""
    return f" after {duration(wall_s)}{of}"

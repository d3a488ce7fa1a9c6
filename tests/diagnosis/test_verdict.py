"""A table of facts and the cause that follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from hpcmlff.diagnosis.facts import Facts
from hpcmlff.diagnosis.verdict import cause_of_facts
from hpcmlff.spec.causes import Cause

OOM_LINE = "slurmstepd: error: Detected 1 oom_kill event in StepId=64.0. Some of the step tasks"
LATE = {"walltime_s": 3600.0, "grace_s": 90.0}


def failed(cause: str) -> dict[str, Any]:
    return {"end": {"outcome": "failed", "cause": cause, "kind": "X", "message": "x"}}


def old(kind: str, message: str) -> dict[str, Any]:
    """Return the end of an attempt of before causes were written down."""
    return {"end": {"outcome": "failed", "kind": kind, "message": message}}


def stopped(reason: str, wall_s: float | None = None) -> dict[str, Any]:
    return {"end": {"outcome": "stopped", "reason": reason, "wall_s": wall_s}}


def killed(**facts: Any) -> dict[str, Any]:
    return {"end": {"outcome": "killed", "signal": "SIGKILL", **facts}, "scheduler": "local"}


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        # What the attempt wrote itself.
        ({"end": {"outcome": "done"}}, "finished"),
        (failed("diverged"), "diverged"),
        (failed("not positive definite"), "not positive definite"),
        (failed("environment broken"), "environment broken"),
        (failed("disk full"), "disk full"),
        ({**failed("out of memory"), "words": "FAILED 6:0"}, "out of memory"),
        (failed("a word of a later version"), "error"),
        (old("MemoryError", "MemoryError: "), "out of memory"),
        (old("DataError", "no such file"), "bad data"),
        (old("OSError", "[Errno 28] No space left on device"), "disk full"),
        (old("TrainingError", "the kernel matrix is not positive definite"), "not positive"),
        (old("KeyError", "KeyError: 'x'"), "error"),
        # What it stopped for.
        (stopped("the job's walltime is ending"), "walltime"),
        ({**stopped("SIGUSR2", 3450.0), **LATE}, "walltime"),
        ({**stopped("SIGTERM", 3599.0), **LATE, "scheduler": "pbs"}, "walltime"),
        ({**stopped("SIGUSR2", 60.0), **LATE, "put_back": True}, "preempted"),
        ({**stopped("SIGUSR2", 60.0), **LATE, "words": "PREEMPTED"}, "preempted"),
        ({**stopped("SIGUSR2", 60.0), **LATE, "words": "TIMEOUT"}, "walltime"),
        ({**stopped("SIGUSR2", 60.0), **LATE, "words": "REQUEUED"}, "preempted"),
        ({**stopped("SIGUSR2", 60.0), **LATE, "scheduler": "slurm"}, "unknown"),
        ({**stopped("SIGUSR2"), "scheduler": "local"}, "walltime"),
        ({**stopped("SIGTERM", 60.0), **LATE, "put_back": True}, "preempted"),
        ({**stopped("SIGTERM", 60.0), "cancelled": True}, "cancelled"),
        ({**stopped("SIGTERM", 60.0), "words": "CANCELLED by 1000"}, "cancelled"),
        ({**stopped("SIGTERM", 60.0), "scheduler": "pbs"}, "cancelled"),
        (stopped("SIGINT"), "cancelled"),
        (stopped("the job's main process is gone"), "unknown"),
        # What the process that started it saw.
        (killed(oom="in the job's control group"), "out of memory"),
        (killed(asked="SIGTERM"), "cancelled"),
        ({**killed(asked="SIGTERM"), "cancelled": True}, "cancelled"),
        (killed(asked="SIGUSR2"), "walltime"),
        ({**killed(), "cancelled": True}, "cancelled"),
        (killed(), "unknown"),
        ({"end": {"outcome": "killed", "signal": "SIGSEGV"}}, "unknown"),
        # What the scheduler says of one that could not write its end.
        ({"words": "OUT_OF_MEMORY 0:125"}, "out of memory"),
        ({"words": "OUT_OF_MEMORY, virtual memory"}, "out of memory"),
        ({"words": "NODE_FAIL"}, "node lost"),
        ({"words": "NODE_FAIL, a node of the job was lost"}, "node lost"),
        ({"words": "BOOT_FAIL"}, "node lost"),
        ({"words": "PREEMPTED"}, "preempted"),
        ({"words": "REQUEUED"}, "preempted"),
        ({"words": "TIMEOUT"}, "walltime"),
        ({"words": "TIMEOUT", "signals": ("SIGTERM",)}, "walltime"),
        ({"words": "DEADLINE"}, "walltime"),
        ({"words": "CANCELLED by 1000"}, "cancelled"),
        ({"cancelled": True}, "cancelled"),
        ({"words": "FAILED 9:0"}, "unknown"),
        ({"words": "FAILED 1:0"}, "unknown"),
        ({"words": "OVER_LIMIT, processor time"}, "unknown"),
        # What the job's output tells.
        ({"words": "FAILED 0:9", "line": OOM_LINE}, "out of memory"),
        ({"words": "CANCELLED by 0", "line": OOM_LINE}, "out of memory"),
        ({"line": OOM_LINE}, "out of memory"),
        ({"line": "slurmstepd: error: *** JOB 64 ON n1 CANCELLED DUE TO PREEMPTION ***"}, "preem"),
        ({"line": "=>> PBS: job killed: walltime 11 exceeded limit 3"}, "walltime"),
        ({"words": "FAILED 4:0", "line": "error: [Errno 28] No space left on device"}, "disk full"),
        ({"words": "FAILED 1:0", "line": "ModuleNotFoundError: No module named 'x'"}, "environ"),
        # How much memory it used when it was killed by nobody who says so.
        ({"words": "FAILED 9:0", "progress": {"peak_mem_gb": 3.7}, "mem_gb": 4.0}, "out of memory"),
        ({"words": "FAILED, SIGKILL", "progress": {"peak_mem_gb": 3.7}, "mem_gb": 4.0}, "out of"),
        ({"words": "FAILED 9:0", "progress": {"peak_mem_gb": 1.0}, "mem_gb": 4.0}, "unknown"),
        ({"words": "FAILED 11:0", "progress": {"peak_mem_gb": 3.7}, "mem_gb": 4.0}, "unknown"),
        ({"words": "NODE_FAIL", "progress": {"peak_mem_gb": 3.7}, "mem_gb": 4.0}, "node lost"),
        # What came afterwards.
        ({"put_back": True}, "node lost"),
        ({"put_back": True, "signals": ("SIGTERM",)}, "preempted"),
        ({"put_back": True, "words": "PREEMPTED"}, "preempted"),
        ({"rebooted": True}, "node lost"),
        ({"signals": ("SIGTERM",), "beat_s": 3590.0, **LATE}, "walltime"),
        ({"signals": ("SIGTERM",), "beat_s": 60.0, **LATE}, "unknown"),
        ({}, "unknown"),
        # A job that never began its cell.
        ({"attempt": 0, "words": "FAILED 1:0", "line": "bash: module: command not found"}, "envir"),
        ({"attempt": 0, "words": "FAILED 7:0"}, "unknown"),
    ],
)
def test_facts_have_a_cause(facts: dict[str, Any], cause: str) -> None:
    found = cause_of_facts(Facts(**{"attempt": 3, **facts}))
    assert found.value.startswith(cause)


def test_every_cause_can_be_found() -> None:
    written = {cause_of_facts(Facts(attempt=1, **failed(cause.value))) for cause in Cause}
    assert written == set(Cause)

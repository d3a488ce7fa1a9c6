from __future__ import annotations

import pytest

from hpcmlff.diagnosis.telling import cause_of_line, telling_line
from hpcmlff.diagnosis.told import Told, taken_apart
from hpcmlff.executors.pbs_states import cause


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("COMPLETED", ("COMPLETED", None, "")),
        ("CANCELLED by 1000 0:15", ("CANCELLED", None, "SIGTERM")),
        ("OUT_OF_MEMORY 0:125", ("OUT_OF_MEMORY", None, "")),
        # sacct of a step that SIGKILL ended, with srun and without, as observed.
        ("FAILED 9:0", ("FAILED", None, "SIGKILL")),
        ("FAILED 0:9", ("FAILED", None, "SIGKILL")),
        ("FAILED 137:0", ("FAILED", None, "SIGKILL")),
        ("FAILED 139:0", ("FAILED", None, "SIGSEGV")),
        ("FAILED 4:0", ("FAILED", 4, "")),
        ("FAILED 70:0", ("FAILED", 70, "")),
        ("FAILED 1:0", ("FAILED", 1, "")),
        ("", ("", None, "")),
    ],
)
def test_slurms_words_are_taken_apart(words: str, told: tuple[str, int | None, str]) -> None:
    assert taken_apart(words) == Told(state=told[0], code=told[1], signal=told[2])


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (0, ("COMPLETED", None, "")),
        (3, ("FAILED", 3, "")),
        (137, ("FAILED", None, "SIGKILL")),
        (256 + 11, ("FAILED", None, "SIGSEGV")),
        (-20, ("NODE_FAIL", None, "")),
        (-27, ("OUT_OF_MEMORY", None, "")),
        (-29, ("TIMEOUT", None, "")),
        (-3, ("LAUNCH_FAILED", None, "")),
    ],
)
def test_exit_statuses_of_pbs_are_taken_apart(
    status: int, told: tuple[str, int | None, str]
) -> None:
    assert taken_apart(cause(status)) == Told(state=told[0], code=told[1], signal=told[2])


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        # slurmstepd 22.05 without control groups (JobAcctGatherParams=OverMemoryKill) ...
        (
            "slurmstepd-n1: error: StepId=1.0 exceeded memory limit (69 > 20), being killed",
            "out",
        ),
        ("slurmstepd-n1: error: Exceeded job memory limit", "out of memory"),
        # ... and with them.
        ("slurmstepd: error: Detected 1 oom-kill event(s) in StepId=7.batch. Some of", "out of"),
        ("[2026-09-21T10:00:00.1] error: Detected 2 oom_kill events in StepId=7.0.", "out of"),
        ("srun: error: n1: task 0: Out Of Memory", "out of memory"),
        ("=>> PBS: job killed: mem job total 43 kb exceeded limit 31 kb", "out of memory"),
        ("=>> PBS: job killed: vmem 692002kb exceeded limit 204800kb", "out of memory"),
        ("12 Killed Cgroup mem limit exceeded", "out of memory"),
        ("=>> PBS: job killed: walltime 11 exceeded limit 3", "walltime"),
        ("slurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 1 DUE TO TIME LIMIT ***", "walltime"),
        ("slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 1 DUE TO NODE FAILURE, SEE", "node lost"),
        ("ModuleNotFoundError: No module named 'hpcmlff'", "environment broken"),
        ("/usr/bin/python: No module named hpcmlff", "environment broken"),
        ("slurmstepd: error: execve(): /x/python: No such file or directory", "environment"),
        ("/bin/bash: line 3: /x/python: No such file or directory", "environment broken"),
        ("ERROR: Unable to locate a modulefile for 'Python/3.11'", "environment broken"),
        ("OSError: [Errno 28] No space left on device", "disk full"),
    ],
)
def test_a_line_tells_a_cause(line: str, cause: str) -> None:
    found = cause_of_line(line)
    assert found is not None
    assert found.value.startswith(cause)


@pytest.mark.parametrize(
    "line",
    [
        "srun: error: n1: task 0: Killed",
        "srun: Job step aborted: Waiting up to 7 seconds for job step to finish.",
        "slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-29T10:43:52 ***",
        "submitit INFO (2026-11-29 10:43:52,123) - Starting with JobEnvironment(job_id=1)",
        "stopped; requeue is 'manual'",
    ],
)
def test_most_lines_tell_nothing(line: str) -> None:
    assert cause_of_line(line) is None


def test_the_last_line_that_tells_something_is_found() -> None:
    output = (
        "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 1 DUE TO PREEMPTION ***\n"
        "  slurmstepd: error: StepId=7.0 exceeded memory limit (69 > 20), being killed\n"
        "srun: error: n1: task 0: Killed\n"
    )
    assert telling_line(output) == (
        "slurmstepd: error: StepId=7.0 exceeded memory limit (69 > 20), being killed"
    )
    assert telling_line("all is well\n") == ""

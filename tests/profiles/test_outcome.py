from __future__ import annotations

import platform
from typing import Any

import pytest

from hpcmlff import __version__
from hpcmlff.profiles.outcome import Outcome, findings, summary
from hpcmlff.spec.profile import ClusterProfile, Partition

REPORT = {
    "host": "cn1",
    "python": platform.python_version(),
    "hpcmlff": __version__,
    "scontrol": "/usr/bin/scontrol",
    "temporary": "/local",
    "temporary_is_writable": True,
    "signals": ["USR2", "TERM"],
    "requeue": "asked",
}


def profile(**changes: Any) -> ClusterProfile:
    partition = Partition.model_construct(name="gpu", cpus=1, mem_gb=1.0, walltime=3600)
    return ClusterProfile.model_construct(
        name="x", scheduler="slurm", partitions=(partition,), **changes
    )


def lines(outcome: Outcome, **changes: Any) -> list[str]:
    found = findings(profile(**changes), outcome)
    return [one.line(lambda key: ".".join(map(str, key))) for one in found]


def after(came_back: bool = True, **changes: Any) -> Outcome:
    return Outcome(report=REPORT | changes, came_back=came_back)


def test_a_job_that_could_do_all_leaves_nothing_to_say() -> None:
    assert lines(after()) == []
    assert summary(after()) == (
        f"the probe job ran on cn1 (Python {platform.python_version()}, "
        f"hpcmlff {__version__}), heard USR2, TERM, and was requeued"
    )


@pytest.mark.parametrize(
    ("outcome", "told", "line"),
    [
        (
            Outcome(refusal="Invalid qos"),
            "the probe job was refused",
            (
                "error: partitions.0: profile: gpu; cluster: the probe job was refused: Invalid "
                "qos. "
                "Change what it names"
            ),
        ),
        (
            Outcome(waiting="120 s (Priority)"),
            "the probe job did not start within 120 s (Priority)",
            (
                "note: partitions.0: profile: gpu; cluster: the probe job waited longer than 120 s "
                "(Priority). Not tried: Python on the node, signals, requeue. Again later, or with "
                "--wait"
            ),
        ),
        (
            Outcome(log="  no python"),
            "the probe job failed",
            (
                "error: python: profile: the interpreter of this command; cluster: the probe job "
                "failed:\n  no python\n. See `setup` and `python`; hpcmlff must be installed "
                "for it, "
                "on the nodes as well"
            ),
        ),
        (
            Outcome(),
            "the probe job failed",
            (
                "error: python: profile: the interpreter of this command; cluster: the probe "
                "job left "
                "no log here. Give a folder that nodes share with --folder"
            ),
        ),
    ],
)
def test_a_job_that_told_nothing_is_explained(outcome: Outcome, told: str, line: str) -> None:
    assert summary(outcome) == told
    assert lines(outcome) == [line]


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (
            after(signals=["TERM"]),
            (
                "error: use_srun: profile: true; cluster: SIGUSR2, which tells of the near end "
                "of the "
                "walltime, does not reach Python. Try false, and check again"
            ),
        ),
        (
            after(signals=["USR2"]),
            (
                "error: use_srun: profile: true; cluster: SIGTERM, which tells of a preemption or "
                "scancel, does not reach Python. Try false, and check again"
            ),
        ),
        (
            after(hpcmlff="0.0.1"),
            (
                f"error: python: profile: hpcmlff {__version__}; cluster: hpcmlff 0.0.1 on the "
                "node. "
                "Install the same version for the nodes' Python"
            ),
        ),
        (
            after(python="3.99.0"),
            (
                f"note: python: profile: Python {platform.python_version()}; cluster: Python "
                "3.99.0 "
                "on the node. Use the same version on both"
            ),
        ),
        (
            after(False, scontrol=None, requeue="refused: No such file"),
            (
                "error: requeue: profile: scheduler; cluster: no scontrol on the node, by which "
                "a job "
                "requeues itself. Write chain"
            ),
        ),
        (
            after(False, requeue="refused: Access denied"),
            (
                "error: requeue: profile: scheduler; cluster: the probe job may not requeue itself "
                "(refused: Access denied). Write chain"
            ),
        ),
        (
            after(False),
            (
                "error: requeue: profile: scheduler; cluster: the probe job asked for it and "
                "was not "
                "queued again. Write chain"
            ),
        ),
    ],
)
def test_what_does_not_reach_a_job_is_told(outcome: Outcome, line: str) -> None:
    assert lines(outcome) == [line]


def test_the_requeue_policy_decides_what_a_refused_requeue_means() -> None:
    refused = after(False, requeue="refused: Access denied")
    assert lines(refused, requeue="chain") == []
    assert lines(refused, requeue="manual") == []
    assert lines(after(), requeue="chain") == [
        (
            "note: requeue: profile: chain; cluster: a job may requeue itself. "
            "scheduler would need fewer jobs"
        )
    ]


def test_a_scratch_folder_must_be_writable() -> None:
    outcome = after(temporary="/scratch/me", temporary_is_writable=False)
    assert lines(outcome) == []
    assert lines(outcome, scratch="/scratch/$USER") == [
        (
            "error: scratch: profile: /scratch/$USER; cluster: the probe job could not write to "
            "/scratch/me. Name another, or remove the key"
        )
    ]

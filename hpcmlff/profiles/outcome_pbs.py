"""What a probe job has shown of a PBS cluster, beside what the profile says; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hpcmlff.profiles.differences import Difference, error, note
from hpcmlff.profiles.probe_job import SIGNALS

if TYPE_CHECKING:
    from hpcmlff.spec.profile import PbsProfile


def pbs_findings(profile: PbsProfile, told: Mapping[str, Any]) -> Iterator[Difference]:
    """Return where the profile and what the job has told of PBS differ."""
    missing = [f"SIG{name}" for name in SIGNALS if name not in told["signals"]]
    if missing:
        cluster = f"{', '.join(missing)} did not reach Python on the node"
        change = "A cancelled or preempted cell loses what it did since its last checkpoint"
        yield note(("setup",), "; ".join(profile.setup) or "nothing", cluster, change)
    yield from _submission(profile, str(told["requeue"]))


def _submission(profile: PbsProfile, answer: str) -> Iterator[Difference]:
    if profile.submit_from_jobs and answer != "asked":
        change = "Write false, and requeue: chain or manual"
        cluster = f"qsub does not work on the node ({answer})"
        yield error(("submit_from_jobs",), "true", cluster, change)
    elif answer == "asked" and not profile.submit_from_jobs:
        change = "With true and requeue: scheduler jobs go on by themselves"
        yield note(("submit_from_jobs",), "false", "qsub works on the node", change)

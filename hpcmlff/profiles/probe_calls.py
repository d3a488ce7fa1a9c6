"""What watching a probe job asks of the scheduler, in each one's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.executors.commands import run_command
from hpcmlff.spec.profile import ClusterProfile, PbsProfile

if TYPE_CHECKING:
    from hpcmlff.executors.base import Job


def send_signal(profile: ClusterProfile, job: Job, name: str) -> None:
    """Send a signal to a running job.

    Raises
    ------
    SchedulerError
        It is gone, or the scheduler refused.
    """
    run_command(_signalling(profile, str(job["job_id"]), name))


def waiting_for(profile: ClusterProfile, job: Job) -> str:
    """Return why a job waits, in the scheduler's words.

    Raises
    ------
    SchedulerError
        The scheduler could not be asked.
    """
    if isinstance(profile, PbsProfile):
        from hpcmlff.executors.pbs_asking import attributes
        from hpcmlff.executors.pbs_ids import read_id

        found = attributes(read_id(str(job["job_id"]))) or {}
        return found.get("comment") or "PBS does not say why"
    printed = run_command(["squeue", "--noheader", "--format=%r", f"--jobs={job['job_id']}"])
    return printed.strip()


def _signalling(profile: ClusterProfile, job_id: str, name: str) -> list[str]:
    if isinstance(profile, PbsProfile):
        return ["qsig", "-s", f"SIG{name}", job_id]
    # Without srun there is no step to signal, only the script, which Python has replaced.
    batch = [] if profile.use_srun else ["--batch"]
    return ["scancel", f"--signal={name}", *batch, job_id]

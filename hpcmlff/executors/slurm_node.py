"""A Slurm job seen from inside."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hpcmlff.executors.commands import run_command

if TYPE_CHECKING:
    from hpcmlff.executors.base import Job


def element() -> int:
    """Return the number of this element of its array; 0 for a single job."""
    return int(os.environ.get("SLURM_ARRAY_TASK_ID", "0"))


def job(elements: int) -> Job:
    """Return what `SlurmExecutor.submit` returned for this job.

    Parameters
    ----------
    elements
        Number of elements of the submission.
    """
    import getpass

    job_id = os.environ.get("SLURM_ARRAY_JOB_ID") or os.environ["SLURM_JOB_ID"]
    return {"job_id": job_id, "elements": elements, "user": getpass.getuser()}


def run() -> int | None:
    """Return how often Slurm has put this job back into the queue."""
    return int(os.environ.get("SLURM_RESTART_COUNT", "0"))


def _name() -> str:
    """Return what names this job and no other.

    The last element of an array has the array's own job id: by it alone the whole array would be
    shown, and put back.
    """
    array, task = (os.environ.get(f"SLURM_ARRAY_{word}") for word in ("JOB_ID", "TASK_ID"))
    return f"{array}_{task}" if array and task else os.environ["SLURM_JOB_ID"]


def time_left_s() -> float | None:
    """Return the seconds to the end of the job's time, or None where Slurm does not say."""
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    return float(end) - time.time() if end.isdigit() else None


def requeue() -> str:
    """Ask for this job to be run again; return why not, or an empty text.

    Only a running job is put back: one that somebody cancels would otherwise come to
    life again, and one that Slurm preempts is put back by Slurm.

    Raises
    ------
    SchedulerError
        Slurm refused or could not be asked.
    """
    own = _name()
    shown = run_command(["scontrol", "show", "job", "--oneliner", own])
    words = dict(word.partition("=")[::2] for word in shown.split())
    state = words.get("JobState", "unknown")
    if state != "RUNNING":
        return f"Slurm has it as {state}"
    run_command(["scontrol", "requeue", own])
    return ""

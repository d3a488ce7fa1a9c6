"""A PBS job seen from inside."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from hpcmlff.executors.pbs_ids import JobId, read_id

if TYPE_CHECKING:
    from hpcmlff.executors.base import Job

_RUNNING = {"41", "42"}
"""Substates of a job that runs, and that nobody is about to stop; 60 is one being put back."""


def own_id() -> JobId:
    """Return this job's id."""
    return read_id(os.environ["PBS_JOBID"])


def element() -> int:
    """Return the number of this element of its array; 0 for a single job."""
    return own_id().index or 0


def job(elements: int) -> Job:
    """Return what `OpenPbsExecutor.submit` returned for this job.

    Parameters
    ----------
    elements
        Number of elements of the submission.
    """
    import getpass

    return {
        "job_id": own_id().whole.pbs,
        "elements": elements,
        "user": getpass.getuser(),
        "folder": os.environ["SUBMITIT_FOLDER"],
    }


def name() -> str:
    """Return this job's id as in file names."""
    return own_id().safe


def run() -> int | None:
    """Return nothing: PBS tells no job how often it has been run."""
    return None


def time_left_s() -> float | None:
    """Return the seconds to the end of the job's time, or None if the script has not told."""
    end = os.environ.get("SUBMITIT_PBS_END_S", "")
    return float(end) - time.time() if end.isdigit() else None


def reason_to_leave() -> str:
    """Return why nobody must go on for this process, or an empty text.

    A job that is deleted must not come to life again. One that is preempted, or whose node
    was lost, is run again by PBS, while this process may still live.

    Raises
    ------
    SchedulerError
        PBS could not be asked.
    """
    from hpcmlff.executors.pbs_asking import attributes

    told = attributes(own_id())
    if told is None:
        return "PBS does not know this job any more"
    state, substate = told.get("job_state", "?"), told.get("substate", "?")
    if state != "R" or substate not in _RUNNING:
        return f"PBS has it in state {state}, substate {substate}"
    session = told.get("session_id", str(os.getsid(0)))
    if session != str(os.getsid(0)):
        return "PBS runs it elsewhere by now"
    return ""

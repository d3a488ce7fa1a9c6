"""Jobs on this machine, in the background, through submitit's local executor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict

from hpcmlff.errors import SchedulerError
from hpcmlff.executors.base import Causes, Job, JobStates, Work
from hpcmlff.executors.processes import is_alive, is_here
from hpcmlff.spec.states import JobState

_LAUNCH_TIMEOUT_S = 60


class LocalExecutor:
    """Starts background jobs that outlive the command and its terminal."""

    def render(self, work: Work) -> str:
        """Return nothing: there is no script."""
        del work
        return ""

    def submit(self, work: Work) -> Job:
        """Start a job in a session of its own.

        submitit starts its controller in the caller's session, where Ctrl-C and a
        closed terminal would reach it; so a short-lived process with a session of
        its own does the submitting. Modules of the current folder are kept from
        shadowing those that jobs import.

        Raises
        ------
        SchedulerError
            The job could not be started; the launcher's words are shown.
        """
        command = [sys.executable, "-m", "hpcmlff.executors.launch"]
        request = json.dumps(asdict(work) | {"folder": str(work.folder)})
        try:
            done = subprocess.run(
                command,
                input=request,
                capture_output=True,
                text=True,
                timeout=_LAUNCH_TIMEOUT_S,
                start_new_session=True,
                check=True,
                env=os.environ | {"PYTHONSAFEPATH": "1"},
            )
        except subprocess.CalledProcessError as error:
            raise SchedulerError(f"the local job did not start:\n{error.stderr}") from None
        except subprocess.TimeoutExpired:
            raise SchedulerError("the local job did not start within a minute") from None
        job: Job = json.loads(done.stdout.splitlines()[-1])
        return job

    def find(self, work: Work) -> None:
        """Return nothing: a job confirms itself when it begins, and cannot be found before."""
        del work

    def states(self, jobs: Sequence[Job]) -> list[JobStates]:
        """Look whether each job's process still runs; UNKNOWN for those of other hosts."""
        return [(_state(job),) for job in jobs]

    def causes(self, jobs: Sequence[Job]) -> list[Causes]:
        """Return nothing: nobody keeps how a process ended."""
        return [{} for _ in jobs]

    def cancel(self, jobs: Sequence[Job], elements: Sequence[Sequence[int]] = ()) -> None:
        """Send SIGTERM; submitit's controller passes it on. A job has one element.

        Raises
        ------
        SchedulerError
            A job runs on another host.
        """
        del elements
        for job in jobs:
            process = job["process"]
            if process is None:
                continue
            if not is_here(process):
                raise SchedulerError(
                    f"job {job['job_id']} runs on {process['host']}", hint="Cancel it there"
                )
            if is_alive(process):
                os.kill(process["pid"], signal.SIGTERM)


def _state(job: Job) -> JobState:
    process = job["process"]
    if process is None:
        return JobState.ENDED
    if not is_here(process):
        return JobState.UNKNOWN
    return JobState.RUNNING if is_alive(process) else JobState.ENDED

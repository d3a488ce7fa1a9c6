"""Jobs and job arrays on Slurm: submitit submits them, Slurm's own commands tell of them."""

from __future__ import annotations

import getpass
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors import slurm_script
from hpcmlff.executors.base import Causes, Job, JobStates, Work
from hpcmlff.executors.commands import run_command
from hpcmlff.executors.slurm_states import (
    SACCT_FORMAT,
    SQUEUE_FORMAT,
    element_states,
    endings,
    ranges,
    sacct_rows,
    squeue_rows,
)
from hpcmlff.executors.submitting import await_command, complete, function_of
from hpcmlff.spec.states import JobState

if TYPE_CHECKING:
    from hpcmlff.spec.profile import ClusterProfile

_UNCLEAR = re.compile(
    r"timed out|unable to contact|zero bytes|connection|communication|try again|not respond", re.I
)
"""Words of sbatch after which the job may be there all the same."""

_LISTED = ("--allocations", "--duplicates", "--noheader", "--parsable2", f"--format={SACCT_FORMAT}")
"""Options of sacct; with ``--duplicates`` it shows all runs of a job that was put back."""

_LIMIT = re.compile(r"limit|temporarily unable|maximum number", re.I)
"""Words of sbatch where there are enough jobs for now, from ``slurm_strerror``."""


@dataclass(frozen=True, slots=True)
class SlurmExecutor:
    """Submits to the Slurm of this machine."""

    profile: ClusterProfile
    """How it is used."""

    def render(self, work: Work) -> str:
        """Return the script for sbatch; needs no Slurm."""
        return slurm_script.render(self.profile, work)

    def submit(self, work: Work) -> Job:
        """Submit a job or an array with one call of sbatch.

        Raises
        ------
        JobRefused
            Slurm refused; its words are shown, and nothing is left behind.
        SchedulerError
            There is no Slurm here, or its answer was lost.
        """
        import submitit
        from submitit.core.utils import FailedJobError

        function = function_of(work)
        count = work.elements
        work.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            python = slurm_script.python_command(self.profile)
            executor = submitit.SlurmExecutor(folder=work.folder, python=python)
            executor.update_parameters(**slurm_script.parameters(self.profile, work))
            # submitit prints what it raises as well.
            with _outside_of_jobs(), redirect_stderr(StringIO()):
                if count == 1:
                    jobs = [executor.submit(function, *work.arguments)]
                else:
                    columns = ([argument] * count for argument in work.arguments)
                    jobs = executor.map_array(function, *columns)
        except FailedJobError as error:
            raise _translated(error, work) from None
        except RuntimeError as error:
            shutil.rmtree(work.folder, ignore_errors=True)
            raise JobRefused(str(error), hint="--profile names another profile") from None
        return _job(jobs[0].job_id.partition("_")[0], count)

    def find(self, work: Work) -> Job | None:
        """Return a submission's job, with the files submitit had no time to write.

        Raises
        ------
        SchedulerError
            Slurm could not be asked.
        """
        await_command("sbatch", work)
        command = ["squeue", "--me", "--noheader", f"--name={work.name}", "--format=%F"]
        found = run_command(command).split()
        if not found:
            return None
        array = [f"{found[0]}_{element}" for element in range(work.elements)]
        complete(work, array if work.elements > 1 else found[:1])
        return _job(found[0], work.elements)

    def states(self, jobs: Sequence[Job]) -> list[JobStates]:
        """Ask squeue once; what it does not know any more has ended."""
        users = sorted({str(job["user"]) for job in jobs})
        try:
            printed = run_command(_squeue(users))
        except SchedulerError:
            return [(JobState.UNKNOWN,) * int(job["elements"]) for job in jobs]
        known = element_states(printed)
        return [
            tuple(
                known.get((str(job["job_id"]), element), JobState.ENDED)
                for element in range(int(job["elements"]))
            )
            for job in jobs
        ]

    def causes(self, jobs: Sequence[Job]) -> list[Causes]:
        """Ask sacct once for all runs, or squeue for what Slurm still remembers."""
        ids = ",".join(str(job["job_id"]) for job in jobs)
        try:
            if self.profile.accounting:
                rows = sacct_rows(run_command(["sacct", *_LISTED, f"--jobs={ids}"]))
            else:
                users = sorted({str(job["user"]) for job in jobs})
                rows = squeue_rows(run_command([*_squeue(users), "--states=all"]))
        except SchedulerError:
            return [{} for _ in jobs]
        found = endings(rows)
        return [found.get(str(job["job_id"]), {}) for job in jobs]

    def cancel(self, jobs: Sequence[Job], elements: Sequence[Sequence[int]] = ()) -> None:
        """Send SIGTERM to what runs and take the rest from the queue, with one call.

        Raises
        ------
        SchedulerError
            Slurm refused; its words are shown.
        """
        if jobs:
            meant = elements or [()] * len(jobs)
            run_command(["scancel", *map(_name, jobs, meant)])


def _name(job: Job, elements: Sequence[int]) -> str:
    if not elements or int(job["elements"]) == 1:
        return str(job["job_id"])
    return f"{job['job_id']}_[{ranges(elements)}]"


def _squeue(users: Sequence[str]) -> list[str]:
    who = f"--user={','.join(users)}"
    return ["squeue", who, "--noheader", "--array", f"--format={SQUEUE_FORMAT}"]


def _job(job_id: str, elements: int) -> Job:
    return {"job_id": job_id, "elements": elements, "user": getpass.getuser()}


@contextmanager
def _outside_of_jobs() -> Iterator[None]:
    """Hide that we may be inside of a job ourselves: sbatch would pass its limits on."""
    hidden = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(("SLURM_", "SBATCH_")) and name != "SLURM_CONF"
    }
    try:
        yield
    finally:
        os.environ |= hidden


def _translated(error: Exception, work: Work) -> SchedulerError:
    lines = [line for line in str(error).splitlines() if "error:" in line or "sbatch" in line]
    words = "\n".join(dict.fromkeys(lines)) or str(error)
    if _UNCLEAR.search(words):
        return SchedulerError(
            f"it is not known whether Slurm took the job:\n{words}",
            hint="Give the same command again: it finds the job or submits it",
        )
    shutil.rmtree(work.folder, ignore_errors=True)
    return JobRefused(words, limit=bool(_LIMIT.search(words)))

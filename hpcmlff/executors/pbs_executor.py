"""Cells on PBS: the submitit plug-in submits them, one qstat tells of them all."""

from __future__ import annotations

import getpass
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.base import Causes, Job, JobStates, Work
from hpcmlff.executors.pbs_ids import JobId, read_id
from hpcmlff.executors.pbs_listing import Attributes, ending, named
from hpcmlff.executors.pbs_output import exceeded
from hpcmlff.executors.pbs_refusals import explained
from hpcmlff.executors.pbs_script import safe_name
from hpcmlff.executors.pbs_states import cause, job_state
from hpcmlff.executors.pbs_work import parameters
from hpcmlff.executors.submitting import await_command, complete, function_of
from hpcmlff.spec.states import JobState

if TYPE_CHECKING:
    from hpcmlff.executors.pbs import PbsExecutor
    from hpcmlff.spec.profile import PbsProfile

BOOT = "-u -m hpcmlff.worker.boot"
"""Arms the handlers for signals, then goes on with what submitit asks of Python."""


@dataclass(frozen=True, slots=True)
class OpenPbsExecutor:
    """Submits to the PBS of this machine."""

    profile: PbsProfile
    """How it is used."""

    def render(self, work: Work) -> str:
        """Return the job's script, with the command that submits it; needs no PBS."""
        return self._plug_in(work).render(work.elements)

    def submit(self, work: Work) -> Job:
        """Submit a job or an array with one call of qsub.

        Raises
        ------
        JobRefused
            PBS refused; its words are shown with the profile's line, and nothing is left.
        SchedulerError
            PBS could not be reached, or its answer was lost.
        """
        function = function_of(work)
        work.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        plug_in = self._plug_in(work)
        try:
            if work.elements == 1:
                jobs = [plug_in.submit(function, *work.arguments)]
            else:
                columns = ([argument] * work.elements for argument in work.arguments)
                jobs = plug_in.map_array(function, *columns)
        except JobRefused as refusal:
            shutil.rmtree(work.folder, ignore_errors=True)
            raise explained(refusal, self.profile, work.placement) from None
        return _job(read_id(jobs[0].job_id), work)

    def find(self, work: Work) -> Job | None:
        """Return a submission's job, with the files that were still to be written.

        Raises
        ------
        SchedulerError
            PBS could not be asked.
        """
        await_command("qsub", work)
        found = named(pbs_asking.everything(), safe_name(work.name))
        if not found:
            return None
        job = _job(found[0], work)
        complete(work, (one.safe for one in _elements(job)))
        return job

    def states(self, jobs: Sequence[Job]) -> list[JobStates]:
        """Ask qstat once; what it says nothing of is unknown, never ended."""
        try:
            found = pbs_asking.letters(_id(job) for job in jobs)
        except SchedulerError:
            return [(JobState.UNKNOWN,) * int(job["elements"]) for job in jobs]
        return [tuple(job_state(found.of(one)) for one in _elements(job)) for job in jobs]

    def causes(self, jobs: Sequence[Job]) -> list[Causes]:
        """Ask qstat once for the exit status of each element, if PBS keeps a history.

        Else what PBS has written into a job's output tells which limit it has exceeded.
        """
        written = [exceeded(Path(job["folder"])) for job in jobs]
        found: Mapping[JobId, Attributes] = {}
        if self.profile.history:
            with suppress(SchedulerError):
                found = pbs_asking.inspect((_id(job) for job in jobs), history=True).jobs
        known = [_causes(_elements(job), found) for job in jobs]
        both = (late | told for late, told in zip(written, known, strict=True))
        return [{element: (words,) for element, words in one.items()} for one in both]

    def cancel(self, jobs: Sequence[Job], elements: Sequence[Sequence[int]] = ()) -> None:
        """Send SIGTERM to what runs and take the rest from the queue, with one qdel.

        Raises
        ------
        SchedulerError
            PBS refused; its words are shown.
        """
        meant = list(zip(jobs, elements or [()] * len(jobs), strict=True))
        number = sum(len(own) or int(job["elements"]) for job, own in meant)
        pbs_asking.delete([one for job, own in meant for one in _ids(job, own)], number)

    def _plug_in(self, work: Work) -> PbsExecutor:
        # It imports submitit, which most commands do without.
        from hpcmlff.executors.pbs import PbsExecutor

        python = self.profile.python or shlex.quote(sys.executable)
        executor = PbsExecutor(work.folder, python=f"{python} {BOOT}")
        executor.update_parameters(**parameters(self.profile, work))
        return executor


def _job(job: JobId, work: Work) -> Job:
    return {
        "job_id": job.whole.pbs,
        "elements": work.elements,
        "user": getpass.getuser(),
        "folder": str(work.folder),
    }


def _causes(elements: Sequence[JobId], found: Mapping[JobId, Attributes]) -> dict[int, str]:
    at = {index: ending(found.get(one, {})) for index, one in enumerate(elements)}
    ended = {k: one for k, one in at.items() if job_state(one.letter) is JobState.ENDED}
    words = {index: cause(one.status, one.substate) for index, one in ended.items()}
    return {index: text for index, text in words.items() if text}


def _id(job: Job) -> JobId:
    return read_id(str(job["job_id"]))


def _ids(job: Job, elements: Sequence[int]) -> list[JobId]:
    whole = _id(job)
    return [_elements(job)[one] for one in elements] if elements and whole.is_array else [whole]


def _elements(job: Job) -> list[JobId]:
    whole = _id(job)
    if not whole.is_array:
        return [whole]
    indices = range(int(job["elements"]))
    return [JobId(number=whole.number, is_array=True, index=index) for index in indices]

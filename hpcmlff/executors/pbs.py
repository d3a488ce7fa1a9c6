"""The submitit plug-in for OpenPBS and PBS Professional: ``AutoExecutor(cluster="pbs")``.

Found by submitit through the entry points ``executor`` and ``job_environment`` of the group
``submitit``. Parameters are those of `hpcmlff.executors.pbs_parameters`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from submitit.core import core
from submitit.core.utils import DelayedSubmission, JobPaths

from hpcmlff.errors import JobRefused
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.pbs_ids import JobId, read_id, submitted_id
from hpcmlff.executors.pbs_job import PbsJob
from hpcmlff.executors.pbs_parameters import DEFAULTS, checked, request_of, walltime_s
from hpcmlff.executors.pbs_resubmission import Resubmission
from hpcmlff.executors.pbs_script import (
    SHORT_NAME,
    Script,
    program,
    qsub_arguments,
    script_text,
    with_short_name,
)

_NAME_REFUSED = re.compile(r"illegal -N value|name is too long")
"""Words of qsub about a name that this version finds too long."""


class PbsExecutor(core.PicklingExecutor):  # type: ignore[misc]
    """Submits jobs and arrays; making one needs no PBS.

    Parameters
    ----------
    folder
        Folder for pickles and logs, shared with the nodes.
    max_num_timeout
        How often a checkpointable job may go on after its walltime.
    max_pickle_size_gb
        Kept for submitit's sake.
    python
        Shell words that start Python; the interpreter of this process if left out.
    """

    job_class = PbsJob

    def __init__(
        self,
        folder: str | Path,
        max_num_timeout: int = 3,
        max_pickle_size_gb: float = 1.0,
        python: str | None = None,
    ) -> None:
        super().__init__(folder, max_num_timeout, max_pickle_size_gb)
        self.python = python or shlex.quote(sys.executable)

    @classmethod
    def affinity(cls) -> int:
        """Return -1 without PBS's commands; less than Slurm's where both are found."""
        if not (shutil.which("qsub") and shutil.which("qstat")):
            return -1
        # Slurm has imitations of these commands.
        return 1 if shutil.which("sbatch") else 2

    @classmethod
    def _valid_parameters(cls) -> set[str]:
        return set(DEFAULTS)

    def _internal_update_parameters(self, **kwargs: Any) -> None:
        checked({**self.parameters, **kwargs})
        super()._internal_update_parameters(**kwargs)

    def render(self, elements: int = 1) -> str:
        """Return the script of a job or an array, with the command that would submit it."""
        return self._make_submission_file_text(self._submitit_command_str, "SUBMISSION", elements)

    def _internal_process_submissions(
        self, delayed_submissions: Sequence[DelayedSubmission]
    ) -> list[PbsJob]:
        self._home.mkdir(parents=True, exist_ok=True)
        cap = checked(self.parameters)["array_cap"]
        jobs: list[PbsJob] = []
        for first in range(0, len(delayed_submissions), cap):
            try:
                jobs += self._submit_array(delayed_submissions[first : first + cap])
            except BaseException:
                # Nothing half-submitted.
                whole = dict.fromkeys(read_id(job.job_id).whole for job in jobs)
                pbs_asking.delete(list(whole), len(jobs))
                raise
        return jobs

    def _submit_array(self, delayed: Sequence[DelayedSubmission]) -> list[PbsJob]:
        uid = uuid.uuid4().hex
        pickles = [self._home / f"{uid}_{index}.pkl" for index in range(len(delayed))]
        made = [*pickles, self._script(uid), Resubmission.path(self._script(uid))]
        try:
            self._write(uid, delayed, pickles)
            job_id = self._qsub(uid, len(delayed))
        except JobRefused:
            for path in made:
                path.unlink(missing_ok=True)
            raise
        whole = read_id(job_id)
        ids = [JobId(number=whole.number, is_array=True, index=i) for i in range(len(pickles))]
        jobs = [PbsJob(self.folder, one.safe) for one in (ids if whole.is_array else [whole])]
        for job, pickle in zip(jobs, pickles, strict=True):
            job.paths.move_temporary_file(pickle, "submitted_pickle")
        link = jobs[0].paths.submission_file
        link.unlink(missing_ok=True)
        link.symlink_to(self._script(uid))
        return jobs

    def _write(self, uid: str, delayed: Sequence[DelayedSubmission], pickles: list[Path]) -> None:
        parameters = checked(self.parameters)
        for one, pickle in zip(delayed, pickles, strict=True):
            one.set_timeout(walltime_s(parameters) / 60, self.max_num_timeout)
            one.dump(pickle)
        script = self._script(uid)
        text = self._make_submission_file_text(self._submitit_command_str, uid, len(delayed))
        script.write_text(text, encoding="utf-8")
        request = request_of(parameters, self._home, 1, dependent=False)
        Resubmission(
            arguments=[*qsub_arguments(request), *program(script)],
            allowed=parameters["submit_from_jobs"],
        ).write(script)

    def _qsub(self, uid: str, elements: int) -> str:
        words = self._words(uid, elements)
        try:
            return pbs_asking.submit(words)
        except JobRefused as refusal:
            name = words[words.index("-N") + 1]
            if len(name) <= SHORT_NAME or not _NAME_REFUSED.search(refusal.what):
                raise
            return pbs_asking.submit(with_short_name(words))

    def _words(self, uid: str, elements: int) -> list[str]:
        request = request_of(checked(self.parameters), self._home, elements)
        return [*qsub_arguments(request), *program(self._script(uid))]

    def _script(self, uid: str) -> Path:
        return self._home / f"submission_{uid}.sh"

    @property
    def _home(self) -> Path:
        """The part of the folder that is the same for all jobs."""
        return Path(JobPaths.get_first_id_independent_folder(self.folder))

    @property
    def _submitit_command_str(self) -> str:
        return f"{self.python} -u -m submitit.core._submit {shlex.quote(str(self.folder))}"

    def _make_submission_file_text(self, command: str, uid: str, elements: int = 1) -> str:
        parameters = checked(self.parameters)
        paths = JobPaths(self.folder)
        environment = {"SUBMITIT_PBS_SCRIPT": str(self._script(uid)), **parameters["environment"]}
        if parameters["signal_delay_s"] is not None:
            delay_s = min(parameters["signal_delay_s"], walltime_s(parameters) // 2)
            environment["SUBMITIT_PBS_SIGNAL_DELAY_S"] = str(delay_s)
        script = Script(
            command=command,
            out=str(paths.stdout),
            err=None if parameters["stderr_to_stdout"] else str(paths.stderr),
            cwd=Path.cwd(),
            path=os.environ.get("PATH", os.defpath),
            umask=_umask(),
            walltime_s=walltime_s(parameters),
            environment=environment,
            setup=parameters["setup"],
        )
        return script_text(script, ["qsub", *self._words(uid, elements)])

    def _num_tasks(self) -> int:
        return 1

    def _make_submission_command(self, submission_file_path: Path) -> list[str]:
        request = request_of(checked(self.parameters), self._home, 1)
        return ["qsub", *qsub_arguments(request), *program(submission_file_path)]

    @staticmethod
    def _get_job_id_from_submission_command(string: bytes | str) -> str:
        text = string.decode() if isinstance(string, bytes) else string
        return read_id(submitted_id(text)).safe


def _umask() -> int:
    # Asking os.umask means setting it, for all threads.
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1], 8) for line in lines if line.startswith("Umask:")), 0o022)

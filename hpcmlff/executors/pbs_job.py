"""A job on PBS as submitit hands it out, and the watcher that all of these share."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from submitit.core import core, logger
from submitit.core.utils import JobPaths

from hpcmlff.errors import SchedulerError
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.pbs_ids import JobId, read_id
from hpcmlff.executors.pbs_listing import ending
from hpcmlff.executors.pbs_states import submitit_word
from hpcmlff.executors.pbs_successor import newest


class PbsInfoWatcher(core.InfoWatcher):  # type: ignore[misc]
    """Asks one qstat for all jobs; what it cannot ask about keeps its last state."""

    def __init__(self, delay_s: int = 60) -> None:
        super().__init__(delay_s)
        self._history = True

    def get_state(self, job_id: str, mode: str = "standard") -> str:
        """Return submitit's word for a job's state; FINISHED where PBS says no more."""
        return str(self.get_info(job_id, mode=mode).get("State") or "UNKNOWN")

    def update(self) -> None:
        """Ask about all jobs that were not seen to end."""
        unfinished = self._registered - self._finished
        if not unfinished:
            return
        self._num_calls += 1
        try:
            self._info_dict.update(self._told(unfinished))
        except SchedulerError as error:
            logger.get_logger().warning(f"Call #{self._num_calls}: {error}; states may be old")
        self._last_status_check = time.time()
        ended = {job_id for job_id in unfinished if self.is_done(job_id, mode="cache")}
        self._finished |= ended

    def _told(self, ids: Iterable[str]) -> dict[str, dict[str, str]]:
        names = {name: read_id(name) for name in ids}
        found = pbs_asking.inspect((one.whole for one in names.values()), history=self._history)
        self._history = found.history
        told = {name: _info(found, job) for name, job in names.items()}
        return {name: info for name, info in told.items() if info}


def _info(found: pbs_asking.Inspection, job: JobId) -> dict[str, str]:
    attributes = found.jobs.get(job)
    if attributes is None:
        return {"State": "FINISHED"} if {job, job.whole} & found.gone else {}
    at = ending(attributes)
    word = submitit_word(at.letter, at.status, at.substate)
    return {**attributes, "State": word, "NodeList": attributes.get("exec_host", "")}


class PbsJob(core.Job[Any]):  # type: ignore[misc]
    """A job or an element; the one that goes on for it takes its place.

    Parameters
    ----------
    folder
        submitit's folder.
    job_id
        As in file names, ``12`` or ``12_3``; or PBS's own.
    tasks
        Always one.
    """

    watcher = PbsInfoWatcher()

    def __init__(self, folder: str | Path, job_id: str, tasks: Sequence[int] = (0,)) -> None:
        self._folder = Path(folder).expanduser().absolute()
        super().__init__(folder, read_id(job_id).safe, tasks)

    @property
    def job_id(self) -> str:
        """The id, as in file names, of the job that goes on now."""
        return self._newest()[1]

    @property
    def paths(self) -> JobPaths:
        """The files of the job that goes on now."""
        folder, job_id = self._newest()
        return JobPaths(folder, job_id=job_id, task_id=self.task_id)

    def cancel(self, check: bool = True) -> None:
        """Ask the job to stop.

        Parameters
        ----------
        check
            Whether it is an error if PBS refuses.

        Raises
        ------
        SchedulerError
            PBS refused; its words are shown.
        """
        try:
            pbs_asking.delete([read_id(self.job_id)])
        except SchedulerError:
            if check:
                raise

    def _interrupt(self, timeout: bool = False) -> None:
        """Signal the job as its own clock does, or as PBS does at a preemption."""
        name = "SIGUSR2" if timeout else "SIGTERM"
        pbs_asking.tell(["qsig", "-s", name, read_id(self.job_id).pbs])

    def _newest(self) -> tuple[Path, str]:
        home = Path(JobPaths.get_first_id_independent_folder(self._folder))
        folder, job_id = newest(home, self._job_id)
        return (self._folder, job_id) if folder == home else (folder, job_id)

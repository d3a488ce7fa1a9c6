"""The probe job: a tiny real job that shows what reaches a job on a cluster."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcmlff.errors import HpcmlffError, JobRefused, SchedulerError
from hpcmlff.executors.base import Executor, Job, Work
from hpcmlff.executors.choice import executor_for
from hpcmlff.profiles.outcome import Outcome
from hpcmlff.profiles.probe_calls import send_signal, waiting_for
from hpcmlff.profiles.probe_folder import SILENCE, log_tail, private_folder, read_report
from hpcmlff.profiles.probe_job import GO_ON, REPORT, SIGNALS
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, PbsProfile
from hpcmlff.spec.states import JobState

_WALLTIME_S = 300
_MEM_GB = 1.0
_GRACE_S = 30
_LOOK_S = 1.0
_SHARED_FOLDER_S = 30.0
"""Shared folders show late what a node has written."""
_IMPORT_S = 60.0
"""Python may start slowly from a shared folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A probe job and how it is watched."""

    profile: ClusterProfile
    """How jobs run on the cluster."""
    wait_s: float
    """Longest wait for the job's start."""
    say: Callable[[str], None]
    """Is told what is waited for."""

    def run(self, parent: Path) -> Outcome:
        """Submit the job, signal it, have it requeued, and leave nothing, also on Ctrl-C.

        Parameters
        ----------
        parent
            Folder on the shared file system; a private one is made in it for a while.

        Raises
        ------
        SchedulerError
            The scheduler did not answer.
        """
        with private_folder(parent) as folder:
            work = self._work(folder)
            executor = executor_for(self.profile)
            try:
                job = executor.submit(work)
                self.say(f"probe job {job['job_id']} in {work.placement.partition}")
                return self._watch(job, work, folder)
            except JobRefused as refusal:
                return Outcome(refusal=refusal.what)
            finally:
                _end(executor, work)

    def _work(self, folder: Path) -> Work:
        first = self.profile.partitions[0]
        placement = Placement(
            partition=first.name,
            cpus=1,
            gpus=0,
            mem_gb=min(_MEM_GB, first.mem_gb),
            walltime_s=min(_WALLTIME_S, first.walltime),
            parallel=1,
            cells_per_element=1,
        )
        return Work(
            function="hpcmlff.profiles.probe_job:report",
            arguments=(str(folder),),
            name=f"hpcmlff-check-{uuid.uuid4().hex[:8]}",
            folder=folder / "job",
            elements=1,
            placement=placement,
            grace_s=_GRACE_S,
        )

    def _watch(self, job: Job, work: Work, folder: Path) -> Outcome:
        report = folder / REPORT
        if not self._started(job, work, report):
            if self._state(job) is JobState.QUEUED:
                return Outcome(waiting=f"{self.wait_s:g} s ({waiting_for(self.profile, job)})")
            return Outcome(log=log_tail(work.folder))
        for name in SIGNALS:
            with suppress(SchedulerError):  # a job that is gone by now has not heard it
                send_signal(self.profile, job, name)
        _until(_SHARED_FOLDER_S, lambda: set(read_report(report)["signals"]) == set(SIGNALS))
        (folder / GO_ON).touch()
        _until(_SHARED_FOLDER_S, lambda: read_report(report)["requeue"])
        _until(_SHARED_FOLDER_S, lambda: self._decided(job, report))
        told = read_report(report)
        if told is SILENCE:
            return Outcome(log=log_tail(work.folder))
        came_back = told["requeue"] == "asked" and self._state(job) is JobState.QUEUED
        return Outcome(report=told, came_back=came_back)

    def _started(self, job: Job, work: Work, report: Path) -> bool:
        """Wait for the job's first words, or for its end without any."""
        if _until(self.wait_s, lambda: self._state(job) is not JobState.QUEUED):
            _until(_IMPORT_S, lambda: report.exists() or self._state(job) is JobState.ENDED)
            # A log that can be seen tells that a report would be seen as well.
            _until(_SHARED_FOLDER_S, lambda: report.exists() or log_tail(work.folder))
        return report.exists()

    def _decided(self, job: Job, report: Path) -> bool:
        if isinstance(self.profile, PbsProfile) or read_report(report)["requeue"] != "asked":
            return True
        return self._state(job) is JobState.QUEUED

    def _state(self, job: Job) -> JobState:
        return executor_for(self.profile).states([job])[0][0]


def _until(longest_s: float, holds: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + longest_s
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_S)
    return True


def _end(executor: Executor, work: Work) -> None:
    """Cancel the job and wait until it writes no more; found by name, if we were cut off."""
    with suppress(HpcmlffError):
        job = executor.find(work) if work.folder.exists() else None
        if job is not None:
            executor.cancel([job])
            _until(_SHARED_FOLDER_S, lambda: executor.states([job])[0][0] is JobState.ENDED)

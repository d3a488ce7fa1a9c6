"""A job on PBS as submitit sees it from inside: its id, its files, its end."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from submitit.core import job_environment, logger
from submitit.core.utils import DelayedSubmission, JobPaths, UncompletedJobError

from hpcmlff.errors import SchedulerError
from hpcmlff.executors import pbs_asking, pbs_node
from hpcmlff.executors.pbs_ids import read_id
from hpcmlff.executors.pbs_resubmission import Resubmission
from hpcmlff.executors.pbs_successor import name_successor, newest
from hpcmlff.files import replacing


class PbsSignalHandler(job_environment.SignalHandler):  # type: ignore[misc]
    """Checkpoints at the end of the walltime, and at SIGTERM.

    At SIGTERM nothing is submitted: PBS runs a preempted job again by itself, and a deleted
    one shall not go on.
    """

    def has_timed_out(self) -> bool:
        """Tell that the signal means the walltime: nothing else sends it."""
        return True

    def terminated(self, signum: int, frame: FrameType | None = None) -> None:
        """Checkpoint what can be, and exit; else go on until PBS kills."""
        function = self._delayed.function
        if hasattr(function, "checkpoint") or hasattr(function, "__submitit_checkpoint__"):
            self.checkpoint_and_exit(signum, frame)
        else:
            self.bypass(signum, frame)


class PbsJobEnvironment(job_environment.JobEnvironment):  # type: ignore[misc]
    """A job seen from inside; active where the script of `PbsExecutor` has started Python."""

    # PBS counts no tasks; what is not set means one.
    _env = dict.fromkeys(
        ("num_tasks", "num_nodes", "node", "global_rank", "local_rank"), "SUBMITIT_PBS_RANK"
    ) | {"job_id": "PBS_JOBID"}

    @property
    def num_tasks(self) -> int:
        """Always one."""
        return 1

    @property
    def num_nodes(self) -> int:
        """Nodes of the job; the process runs on the first."""
        return max(1, len(dict.fromkeys(self.hostnames)))

    @property
    def raw_job_id(self) -> str:
        """The id as in file names."""
        return pbs_node.own_id().safe

    @property
    def array_job_id(self) -> str | None:
        """The array's number; None for a single job."""
        own = pbs_node.own_id()
        return own.number if own.is_array else None

    @property
    def array_task_id(self) -> str | None:
        """The index in the array; None for a single job."""
        index = pbs_node.own_id().index
        return None if index is None else str(index)

    @property
    def hostnames(self) -> list[str]:
        """The nodes, one for each process that PBS has made room for."""
        file = os.environ.get("PBS_NODEFILE")
        names = Path(file).read_text(encoding="utf-8").split() if file else []
        return names or [self.hostname]

    def _handle_signals(self, paths: JobPaths, submission: DelayedSubmission) -> None:
        self._take_over(paths)
        handler = PbsSignalHandler(self, paths, submission)
        signal.signal(signal.SIGTERM, handler.terminated)
        signal.signal(signal.SIGCONT, handler.bypass)
        signal.signal(self._usr_sig(), handler.checkpoint_and_try_requeue)
        delay_s = os.environ.get("SUBMITIT_PBS_SIGNAL_DELAY_S")
        if delay_s is not None:
            self._arm(float(delay_s))

    def _take_over(self, paths: JobPaths) -> None:
        """Go on where an earlier run of this job was cut off, unless its successor does."""
        home, own = _home(), pbs_node.own_id().safe
        _, successor = newest(home, own)
        if successor != own:
            logger.get_logger().info(f"Job {successor} goes on")
            sys.exit(0)
        for path in (paths.result_pickle, paths.submitted_pickle):
            # submitit writes into no file that is there already.
            path.with_suffix(f"{path.suffix}.save_tmp").unlink(missing_ok=True)

    def _arm(self, delay_s: float) -> None:
        """Signal ourselves some time before the walltime: PBS gives no early warning."""
        left_s = float(os.environ["SUBMITIT_PBS_END_S"]) - time.time() - delay_s
        arguments = (os.getpid(), self._usr_sig())
        clock = threading.Timer(max(0.0, left_s), os.kill, arguments)
        clock.daemon = True
        clock.start()

    def _requeue(self, countdown: int) -> None:
        """Submit the job that goes on.

        Raises
        ------
        UncompletedJobError
            Nodes may not submit here, or PBS refused; the checkpoint is kept.
        """
        how = Resubmission.read(Path(os.environ["SUBMITIT_PBS_SCRIPT"]))
        if not how.allowed:
            raise UncompletedJobError("Job not requeued because: submit_from_jobs is off.")
        try:
            if reason := pbs_node.reason_to_leave():
                raise UncompletedJobError(f"Job not requeued because: {reason}")
            successor = read_id(pbs_asking.submit(how.arguments)).safe
        except SchedulerError as error:
            raise UncompletedJobError(f"Job not requeued because: {error}") from None
        theirs = JobPaths(os.environ["SUBMITIT_FOLDER"], job_id=successor).submitted_pickle
        theirs.parent.mkdir(parents=True, exist_ok=True)
        with replacing(theirs) as temporary:
            shutil.copyfile(self.paths.submitted_pickle, temporary)
        name_successor(_home(), pbs_node.own_id().safe, _home(), successor)
        logger.get_logger().info(f"Job {successor} goes on ({countdown} remaining timeouts)")


def _home() -> Path:
    """Return the part of submitit's folder that is the same for all jobs."""
    return Path(os.environ["SUBMITIT_PBS_SCRIPT"]).parent

"""Talking to a private cluster: running its commands, waiting, counting calls."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable

from cluster.counting import Call, CallLog
from cluster.packages import SEARCH
from cluster.place import Place

COMMAND_S = 60.0
"""Longest answer of a command."""

_POLL_S = 0.05

# Between a requeue and this moment slurmd refuses the job's new credential as revoked.
_REVOKED_S = 3.0

_FOREIGN = ("SLURM", "SBATCH_", "SALLOC_", "SRUN_", "SQUEUE_", "SCANCEL_", "SINFO_", "SACCT_")


class SlurmError(RuntimeError):
    """A command of Slurm failed, or the cluster did not come up; what it said is the message."""


def foreign_variables() -> list[str]:
    """Return the variables of this process that speak of another cluster or job."""
    return [name for name in os.environ if name.startswith(_FOREIGN)]


def variables(place: Place) -> dict[str, str]:
    """Return all variables of daemons and clients: this cluster's, and none of another's."""
    foreign = foreign_variables()
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "PATH": SEARCH, "SLURM_CONF": str(place.slurm_conf)}


class Client:
    """Runs commands of the cluster in a folder.

    Parameters
    ----------
    place
        The cluster's folder.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._calls = CallLog(place.calls)

    @property
    def environment(self) -> dict[str, str]:
        """What to set so that Slurm's commands mean this cluster."""
        return {"SLURM_CONF": str(self.place.slurm_conf)}

    def counting_environment(self) -> dict[str, str]:
        """As ``environment``, with a PATH on which calls are counted; starts from zero."""
        self._calls.install()
        self._calls.clear()
        return {**self.environment, "PATH": self._calls.path}

    def calls(self, command: str | None = None) -> list[Call]:
        """Return the calls since the last ``counting_environment``, also those that jobs made."""
        return self._calls.calls(command)

    def count(self, command: str) -> int:
        """Return how often a command was called since the last ``counting_environment``."""
        return len(self.calls(command))

    def run(self, *arguments: str, timeout_s: float = COMMAND_S) -> str:
        """Run a command in the cluster's environment and return what it printed.

        Raises
        ------
        SlurmError
            It failed.
        """
        done = subprocess.run(
            arguments,
            env=variables(self.place),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            words = (done.stderr + done.stdout).strip() or f"exit code {done.returncode}"
            raise SlurmError(f"{' '.join(arguments)}: {words}")
        return done.stdout

    def submit(self, *arguments: str) -> str:
        """Call ``sbatch --parsable`` with some arguments and return the job's id."""
        return self.run("sbatch", "--parsable", *arguments).strip()

    def job(self, job_id: str) -> dict[str, str]:
        """Return what ``scontrol show job`` says, field by field; nothing if it is forgotten."""
        try:
            text = self.run("scontrol", "show", "job", "--oneliner", job_id)
        except SlurmError as error:
            if "Invalid job id" in str(error):
                return {}
            raise
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def state(self, job_id: str) -> str:
        """Return a job's state, such as ``PENDING``; "" if it is forgotten."""
        return self.job(job_id).get("JobState", "")

    def wait_until(
        self, predicate: Callable[[], object], timeout_s: float = 60.0, what: str = "something"
    ) -> None:
        """Wait until something is true.

        Raises
        ------
        TimeoutError
            It did not become so; the queue and the nodes are shown.
        """
        deadline = time.monotonic() + timeout_s
        while not predicate():
            if time.monotonic() > deadline:
                queue = self.run("squeue", "-o", "%i %P %T %r %N")
                nodes = self.run("sinfo", "-N", "-o", "%N %T %E")
                raise TimeoutError(f"waited {timeout_s:g} s for {what}\n{queue}{nodes}")
            time.sleep(_POLL_S)

    def wait_for(self, job_id: str, *states: str, timeout_s: float = 60.0) -> None:
        """Wait until a job is in one of some states.

        Raises
        ------
        TimeoutError
            It was in none of them.
        """
        what = f"job {job_id} to be {' or '.join(states)}"
        self.wait_until(lambda: self.state(job_id) in states, timeout_s, what)

    def release(self, job_id: str) -> None:
        """Wait until a job is requeued, and let it start as soon as slurmd accepts it again.

        Raises
        ------
        TimeoutError
            It does not become pending.
        """
        self.wait_for(job_id, "PENDING")
        time.sleep(_REVOKED_S)
        self.run("scontrol", "update", f"JobId={job_id}", "StartTime=now")

    def interrupt(self, job_id: str, signal: str = "USR2", *, batch: bool = False) -> None:
        """Send a signal to a running job, as its walltime would.

        Parameters
        ----------
        job_id
            The job.
        signal
            The signal's name.
        batch
            To the shell of the batch script, as ``B:`` asks for, and not to the steps.
        """
        self.run("scancel", f"--signal={signal}", *(["--batch"] if batch else []), job_id)

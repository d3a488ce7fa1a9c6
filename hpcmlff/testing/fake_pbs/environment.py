"""The environment of a job and its node file, as mom makes them; pure."""

from __future__ import annotations

import getpass
from pathlib import Path

from hpcmlff.testing.fake_pbs.job import Attempt, Job

_PATH = "/usr/local/bin:/usr/bin:/bin"
"""What mom itself was started with; a login shell sets its own."""


def job_environment(job: Job, attempt: Attempt, folder: Path, home: Path) -> dict[str, str]:
    """Return the whole environment of a job's first process.

    Parameters
    ----------
    job
        The job.
    attempt
        Its attempt.
    folder
        Of the fake server.
    home
        $HOME.
    """
    user = getpass.getuser()
    base = {"HOME": str(home), "LOGNAME": user, "USER": user, "PATH": _PATH, "SHELL": "/bin/bash"}
    first = job.request.resources.chunks[0]
    threads = str(first.ompthreads or first.ncpus)
    own = {
        "ENVIRONMENT": "BATCH",
        "NCPUS": threads,
        "OMP_NUM_THREADS": threads,
        "PBS_ENVIRONMENT": "PBS_BATCH",
        "PBS_JOBCOOKIE": attempt.cookie,
        "PBS_JOBDIR": str(home),
        "PBS_JOBID": job.id,
        "PBS_JOBNAME": job.request.name,
        "PBS_MOMPORT": "15003",
        "PBS_NODEFILE": str(folder / "aux" / job.id),
        "PBS_NODENUM": "0",
        "PBS_QUEUE": job.request.queue,
        "PBS_TASKNUM": "1",
        "TMPDIR": attempt.tmpdir,
    }
    return {**base, **job.request.variables, **own, **_array(job)}


def _array(job: Job) -> dict[str, str]:
    if job.parent is None:
        return {}
    return {"PBS_ARRAY_ID": job.parent.id, "PBS_ARRAY_INDEX": str(job.index)}


def node_file(job: Job) -> str:
    """Return the node file: a line for each chunk, or for each of its MPI processes."""
    names = [share.node for share in job.shares for _ in range(share.chunk.mpiprocs or 1)]
    return "".join(f"{name}\n" for name in names)

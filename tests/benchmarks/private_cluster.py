"""The private cluster that is measured on, and letting jobs that wait run in turn."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cluster.client import foreign_variables
from cluster.packages import INSTALL, missing_programs
from cluster.slurm import ClusterOptions, SlurmCluster

_POLL_S = 0.2


@contextmanager
def private_cluster() -> Iterator[SlurmCluster]:
    """Start a cluster with accounting, which Slurm's commands of this process mean.

    Raises
    ------
    SystemExit
        Slurm is not installed.
    """
    if missing := missing_programs():
        sys.exit(f"error: not on this machine: {', '.join(missing)}; {INSTALL}")
    for name in foreign_variables():
        del os.environ[name]
    with SlurmCluster(ClusterOptions()) as cluster:
        os.environ |= cluster.environment
        yield cluster


@contextmanager
def closed(cluster: SlurmCluster, partition: str) -> Iterator[None]:
    """Keep a partition from starting anything meanwhile; what is submitted waits."""
    which = f"PartitionName={partition}"
    cluster.run("scontrol", "update", which, "State=DOWN")
    yield
    cluster.run("scontrol", "update", which, "State=UP")


def drain(cluster: SlurmCluster, job_id: str) -> float:
    """Release a held job, array or element; return the seconds until nothing of it is left."""
    began = time.monotonic()
    cluster.run("scontrol", "release", job_id)
    while cluster.run("squeue", "--noheader", f"--jobs={job_id}"):
        time.sleep(_POLL_S)
    return time.monotonic() - began

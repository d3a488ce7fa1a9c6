"""Which processes belong to a cluster and to one of its nodes, found from outside.

A slurmstepd leaves its slurmd's session on purpose, and a job's processes may leave the
slurmstepd's. So they are found by what they cannot lose: Slurm's programs hold files of the
cluster's folder open, whose name is never used twice, and what a job starts inherits the
variables that Slurm gave it. No pid is taken on trust.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import psutil
from cluster.daemons import kill_all
from cluster.place import Place

_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess, FileNotFoundError)

_DAEMONS = {"slurmctld", "slurmscriptd", "slurmd", "slurmdbd", "munged", "mariadbd"}


def kill_daemons(place: Place) -> None:
    """Kill all daemons of a cluster."""
    while found := [process for process in _mine() if _is_daemon(process, place)]:
        kill_all(found)


def kill_jobs(place: Place, node: str | None = None) -> None:
    """Kill all steps and processes of jobs, on one node or on all.

    Parameters
    ----------
    place
        The cluster's folder.
    node
        Name of the node; None for all nodes.
    """
    # What is killed may have started something while it was looked for.
    while found := job_processes(place, node):
        kill_all(found)


def job_processes(place: Place, node: str | None = None) -> list[psutil.Process]:
    """Return the processes of slurmstepds and jobs, on one node or on all."""
    found = {
        process
        for process in _mine()
        if _is_step(process, place, node) or _is_job(process, place, node)
    }
    return [*found, *(_descendants(found) - found)]


def _mine() -> Iterable[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(*_GONE):
            if process.pid != os.getpid() and process.uids().real == os.getuid():
                yield process


def _is_daemon(process: psutil.Process, place: Place) -> bool:
    with contextlib.suppress(*_GONE):
        return process.name() in _DAEMONS and (
            any(path.is_relative_to(place.root) for path in _files(process))
            or process.environ().get("SLURM_CONF") == str(place.slurm_conf)
        )
    return False


def _is_step(process: psutil.Process, place: Place, node: str | None) -> bool:
    with contextlib.suppress(*_GONE):
        # Slurm's daemons rewrite their titles, so the kernel's name is asked for.
        if process.name() == "slurmstepd":
            logs = place.node_log(node) if node else place.log
            return any(path.is_relative_to(logs) for path in _files(process))
    return False


def _is_job(process: psutil.Process, place: Place, node: str | None) -> bool:
    with contextlib.suppress(*_GONE):
        variables = process.environ()
        here = variables.get("SLURMD_NODENAME")
        return (
            variables.get("SLURM_CONF") == str(place.slurm_conf)
            and "SLURM_JOB_ID" in variables
            and here is not None
            and node in {None, here}
        )
    return False


def _descendants(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for process in processes:
        with contextlib.suppress(*_GONE):
            found.update(process.children(recursive=True))
    return found


def _files(process: psutil.Process) -> list[Path]:
    links: list[Path] = []
    with contextlib.suppress(OSError):
        links = [*Path(f"/proc/{process.pid}/fd").iterdir(), Path(f"/proc/{process.pid}/cwd")]
    paths = []
    for link in links:
        with contextlib.suppress(OSError):
            paths.append(link.readlink())
    return paths

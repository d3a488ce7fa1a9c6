"""The parameters of the submitit plug-in, and what they ask of PBS; pure."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hpcmlff.executors.pbs_script import Request, select

DEFAULTS: Final[Mapping[str, Any]] = {
    # submitit's own, the same for all executors
    "name": "submitit",
    "timeout_min": 5,
    "mem_gb": None,
    "nodes": 1,
    "cpus_per_task": 1,
    "gpus_per_node": 0,
    "tasks_per_node": 1,
    "stderr_to_stdout": False,
    # PBS's; `walltime_s` counts more than `timeout_min`, which has whole minutes; `chunk` are
    # further resources of the chunk, `select` replaces it as a whole
    "walltime_s": None,
    "queue": None,
    "project": None,
    "account": None,
    "select": None,
    "chunk": {},
    "place": None,
    "rerunable": True,
    "dependency": None,
    "options": {},
    # how jobs are submitted and run; without `signal_delay_s` a job gets no early signal
    "array_cap": 10_000,
    "array_parallelism": None,
    "submit_from_jobs": True,
    "signal_delay_s": 90,
    "setup": (),
    "environment": {},
}
"""Parameters and their defaults; 10,000 is OpenPBS's own ``max_array_size``."""


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the defaults of those left out.

    Raises
    ------
    ValueError
        One is unknown, or asks for several tasks.
    """
    for name in given.keys() - DEFAULTS.keys():
        near = difflib.get_close_matches(name, DEFAULTS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(DEFAULTS)}"
        raise ValueError(f"unknown parameter {name!r}; {hint}")
    full = {**DEFAULTS, **given}
    for name in ("nodes", "tasks_per_node"):
        if full[name] != 1:
            raise ValueError(
                f"{name}={full[name]}: PBS starts one process on a job's first node. Ask for "
                "chunks by `select` and let that process start the others, such as by mpiexec"
            )
    return full


def walltime_s(parameters: Mapping[str, Any]) -> int:
    """Return the walltime in seconds."""
    if parameters["walltime_s"] is not None:
        return int(parameters["walltime_s"])
    return math.ceil(float(parameters["timeout_min"]) * 60)


def request_of(
    parameters: Mapping[str, Any], folder: Path, elements: int, *, dependent: bool = True
) -> Request:
    """Return what qsub is asked for.

    Parameters
    ----------
    parameters
        Checked parameters.
    folder
        submitit's folder.
    elements
        Number of elements.
    dependent
        Whether the job waits for what it depends on; a successor does not.
    """
    mem_gb = parameters["mem_gb"]
    chunk = select(
        parameters["cpus_per_task"],
        None if mem_gb is None else math.ceil(mem_gb * 1024),
        parameters["gpus_per_node"],
        parameters["chunk"],
    )
    return Request(
        name=parameters["name"],
        select=parameters["select"] or chunk,
        walltime_s=walltime_s(parameters),
        folder=folder,
        elements=elements,
        parallel=parameters["array_parallelism"],
        dependency=parameters["dependency"] if dependent else None,
        **{name: parameters[name] for name in _AS_THEY_ARE},
    )


_AS_THEY_ARE = ("place", "queue", "project", "account", "rerunable", "options")

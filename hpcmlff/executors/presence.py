"""Which scheduler runs jobs on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping

from hpcmlff.errors import SchedulerError
from hpcmlff.executors.commands import run_command

_TIMEOUT_S = 5.0
"""A controller that works answers within milliseconds."""


def scheduler_here() -> str | None:
    """Return the scheduler of this machine, or None if there is none.

    Raises
    ------
    SchedulerError
        One is set up here and does not answer: whether jobs may run on this machine
        itself is then unknown.
    """
    return next((name for name, is_here in SCHEDULERS.items() if is_here()), None)


def slurm_is_here() -> bool:
    """Tell whether this machine belongs to a Slurm cluster.

    Raises
    ------
    SchedulerError
        It does, and the controller does not answer.
    """
    if not (shutil.which("sbatch") and shutil.which("sinfo")):
        return False
    try:
        run_command(["sinfo", "-h"], _TIMEOUT_S)
    except SchedulerError as error:
        # Slurm's commands alone, as in a container, know of no cluster to call.
        if "configuration" in error.what:
            return False
        raise
    return True


def pbs_is_here() -> bool:
    """Tell whether this machine belongs to a cluster with OpenPBS or PBS Professional.

    Raises
    ------
    SchedulerError
        It does, and the server does not answer.
    """
    if not (shutil.which("qsub") and shutil.which("qstat")):
        return False
    try:
        # Slurm's imitation of qsub and Torque's own say something else.
        if "pbs_version" not in run_command(["qsub", "--version"], _TIMEOUT_S):
            return False
    except SchedulerError:
        return False
    try:
        run_command(["qstat", "-B"], _TIMEOUT_S)
    except SchedulerError as error:
        # The commands alone, as in a container, know of no server to call.
        if "pbsconf error" in error.what:
            return False
        raise
    return True


# Slurm first: an imitation of qsub is found on its clusters, too.
SCHEDULERS: Mapping[str, Callable[[], bool]] = {"slurm": slurm_is_here, "pbs": pbs_is_here}
"""Scheduler to the question whether it runs jobs here."""

TITLES: Mapping[str, str] = {"slurm": "Slurm", "pbs": "PBS"}
"""What people call it."""

"""What is asked of Slurm for a job, in submitit's words; pure.

Observed with Slurm 22.05 and submitit 1.5.4.
"""

from __future__ import annotations

import math
import shlex
import sys
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.submitting import setup_lines
from hpcmlff.spec.fitting import partition_of

if TYPE_CHECKING:
    from hpcmlff.executors.base import Work
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import ClusterProfile, Partition

BOOT = "-u -m hpcmlff.worker.boot"
"""Arms the handlers for signals, then goes on with what submitit asks of Python."""


def python_command(profile: ClusterProfile) -> str:
    """Return the shell words that start Python in a job.

    Without srun only the batch script's own process gets Slurm's early signal, so
    Python takes the place of the shell.
    """
    python = profile.python or shlex.quote(sys.executable)
    return f"{python} {BOOT}" if profile.use_srun else f"exec {python} {BOOT}"


def parameters(profile: ClusterProfile, work: Work) -> dict[str, Any]:
    """Return what `submitit.SlurmExecutor.update_parameters` gets."""
    place = work.placement
    partition = partition_of(profile, place)
    given = {
        "job_name": work.name,
        "partition": partition.name,
        "account": partition.account or profile.account,
        "qos": partition.qos or profile.qos,
        # Slurm counts whole minutes; the worker's own clock keeps the exact time.
        "time": math.ceil(place.walltime_s / 60),
        "nodes": 1,
        "ntasks_per_node": 1,
        "cpus_per_task": place.cpus,
        "mem": f"{math.ceil(place.mem_gb * 1024)}M",
        "gres": _gres(place, partition),
        "array_parallelism": place.parallel,
        "signal_delay_s": work.grace_s,
        "dependency": f"afterany:{work.after['job_id']}" if work.after else None,
        "setup": setup_lines(profile, place),
        "stderr_to_stdout": True,
        "use_srun": profile.use_srun,
        # Since Slurm 22.05 srun does not take over the cores of the job by itself.
        "srun_args": [f"--cpus-per-task={place.cpus}"],
        "wckey": None,
        "additional_parameters": _additional(profile, work),
    }
    return {key: value for key, value in given.items() if value is not None or key == "wckey"}


def render(profile: ClusterProfile, work: Work) -> str:
    """Return the script that submitit will hand to sbatch; needs no Slurm."""
    from submitit.slurm.slurm import _make_sbatch_string

    command = (
        f"{python_command(profile)} -u -m submitit.core._submit {shlex.quote(str(work.folder))}"
    )
    array = {"map_count": work.elements} if work.elements > 1 else {}
    text: str = _make_sbatch_string(command, work.folder, **parameters(profile, work), **array)
    return text


def _gres(place: Placement, partition: Partition) -> str | None:
    if not place.gpus:
        return None
    kind = f":{partition.gpu_kind}" if partition.gpu_kind else ""
    return f"gpu{kind}:{place.gpus}"


def _additional(profile: ClusterProfile, work: Work) -> dict[str, Any]:
    asked: dict[str, Any] = {"requeue": True, "comment": work.name}
    if not profile.use_srun:
        asked["signal"] = f"B:USR2@{work.grace_s}"
    return asked | dict(profile.options)

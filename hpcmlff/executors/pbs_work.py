"""What is asked of the submitit plug-in for a job of cells; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.executors.submitting import setup_lines
from hpcmlff.spec.fitting import partition_of

if TYPE_CHECKING:
    from hpcmlff.executors.base import Work
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import Partition, PbsProfile


def parameters(profile: PbsProfile, work: Work) -> dict[str, Any]:
    """Return what `hpcmlff.executors.pbs.PbsExecutor.update_parameters` gets."""
    place = work.placement
    partition = partition_of(profile, place)
    return {
        "name": work.name,
        "queue": partition.name,
        "project": profile.project,
        "account": partition.account or profile.account,
        "walltime_s": place.walltime_s,
        "cpus_per_task": place.cpus,
        "mem_gb": place.mem_gb,
        "gpus_per_node": place.gpus,
        "chunk": _chunk(profile, partition, place),
        "array_parallelism": place.parallel,
        "array_cap": work.elements,
        "dependency": f"afterany:{work.after['job_id']}" if work.after else None,
        "setup": setup_lines(profile, place),
        "stderr_to_stdout": True,
        # The worker keeps its own clock, to the second.
        "signal_delay_s": None,
        "submit_from_jobs": False,
        "options": dict(profile.options),
    }


def _chunk(profile: PbsProfile, partition: Partition, place: Placement) -> dict[str, str]:
    if not (place.gpus and partition.gpu_kind and profile.gpu_kind_resource):
        return {}
    return {profile.gpu_kind_resource: partition.gpu_kind}

"""Which executor runs the jobs of a profile."""

from __future__ import annotations

from hpcmlff.executors.base import Executor
from hpcmlff.executors.local import LocalExecutor
from hpcmlff.executors.lookup import load_profile
from hpcmlff.executors.recognition import choose_profile
from hpcmlff.spec.profile import ClusterProfile, PbsProfile, Profile

__all__ = ["choose_profile", "executor_for", "load_profile"]


def executor_for(profile: Profile) -> Executor:
    """Return the executor of a profile's scheduler."""
    if isinstance(profile, PbsProfile):
        from hpcmlff.executors.pbs_executor import OpenPbsExecutor

        return OpenPbsExecutor(profile)
    if isinstance(profile, ClusterProfile):
        from hpcmlff.executors.slurm import SlurmExecutor

        return SlurmExecutor(profile)
    return LocalExecutor()

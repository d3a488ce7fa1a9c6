"""The suite for executors on a real Slurm."""

from __future__ import annotations

import pytest
from cluster.slurm import SlurmCluster

from hpcmlff.spec.profile import ClusterProfile, Partition, Profile
from hpcmlff.testing.executors import ExecutorConformance


class TestSlurmExecutor(ExecutorConformance):
    # A minute is Slurm's shortest, and it looks every half of one.
    short_walltime_s = 60
    patience_s = 150.0

    @pytest.fixture
    def profile(self, slurm: SlurmCluster) -> Profile:
        assert slurm.environment
        partition = Partition(name="sabarmati", cpus=16, mem_gb=128.0, walltime="1h")
        return ClusterProfile(name="suite", scheduler="slurm", partitions=(partition,))

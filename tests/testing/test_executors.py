"""The executors of the library itself, and the suite they have to pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pbs.coverage_in_jobs import coverage_in_jobs

from hpcmlff.spec.profile import LocalProfile, Partition, PbsProfile, Profile
from hpcmlff.testing.executors import ExecutorConformance
from hpcmlff.testing.fake_pbs import HURRIED, FakePbs, FakePbsOptions


class TestLocalExecutor(ExecutorConformance):
    arrays = False
    finds = False

    @pytest.fixture
    def profile(self) -> Profile:
        return LocalProfile(name="suite", scheduler="local", cpus=1)


class TestOpenPbsExecutor(ExecutorConformance):
    """With a history; the whole main job in tests/pbs runs without one."""

    short_walltime_s = 3

    @pytest.fixture
    def profile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Profile]:
        measured = coverage_in_jobs()
        options = FakePbsOptions(delays=HURRIED, history=True, job_environment=measured)
        with FakePbs(tmp_path / "a pbs", options) as pbs:
            for name, value in pbs.environment.items():
                monkeypatch.setenv(name, value)
            queue = Partition(name="workq", cpus=4, mem_gb=20.0, walltime="1h")
            yield PbsProfile(name="suite", scheduler="pbs", partitions=(queue,), history=True)

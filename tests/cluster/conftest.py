"""Real Slurm clusters for the tests in this folder, each started when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cluster.client import foreign_variables
from cluster.options import ClusterOptions
from cluster.packages import INSTALL, missing_programs
from cluster.slurm import SlurmCluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slurm)


@pytest.fixture(scope="session")
def slurm_packages() -> None:
    """Skip without Slurm, except in continuous integration, where that would hide everything."""
    missing = missing_programs()
    if missing:
        message = f"not on this machine: {', '.join(missing)}; {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)


@pytest.fixture(scope="session")
def slurm_cluster(slurm_packages: None) -> Iterator[SlurmCluster]:
    """The cluster with accounting, as it is left by the tests before."""
    with SlurmCluster(ClusterOptions()) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def bare_cluster(slurm_packages: None) -> Iterator[SlurmCluster]:
    """The cluster without accounting, as it is left by the tests before."""
    with SlurmCluster(ClusterOptions(accounting=False)) as cluster:
        yield cluster


@pytest.fixture
def slurm(slurm_cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """A cluster with accounting, which Slurm's commands of this process and its children mean."""
    yield from _clean(slurm_cluster, monkeypatch)


@pytest.fixture
def bare_slurm(
    bare_cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlurmCluster]:
    """A cluster without accounting, which Slurm's commands mean."""
    yield from _clean(bare_cluster, monkeypatch)


@pytest.fixture
def signalling_slurm(slurm: SlurmCluster) -> Iterator[SlurmCluster]:
    """The cluster with accounting, whose preempted jobs get the signal they asked for."""
    options = slurm.options
    slurm.reconfigure(replace(options, preempt_send_user_signal=True))
    yield slurm
    slurm.reconfigure(options)


def _clean(cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    for name in foreign_variables():
        monkeypatch.delenv(name)
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    yield cluster
    cluster.reset()

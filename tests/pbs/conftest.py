"""A fake PBS that the commands of this process mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pbs.coverage_in_jobs import coverage_in_jobs

from hpcmlff.testing.fake_pbs import HURRIED, FakeNode, FakePbs, FakePbsOptions, FakeQueue

StartPbs = Callable[..., FakePbs]

NODES = tuple(FakeNode(name=f"cn{number}", ncpus=4, mem_gb=24.0) for number in (1, 2))
QUEUES = (
    FakeQueue(name="workq", max_walltime_s=72 * 3600, max_mem_gb=24.0),
    FakeQueue(name="gpuq", max_walltime_s=48 * 3600, max_mem_gb=24.0),
)


@pytest.fixture
def start_pbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartPbs]:
    """Starts a server like the one of the profile `sabarmati`, with some options changed."""
    with ExitStack() as stack:

        def start(**changes: Any) -> FakePbs:
            sabarmati = {"history": False, "submit_from_jobs": False, "array_cap": 1000}
            shape = {"delays": HURRIED, "nodes": NODES, "queues": QUEUES}
            given = {**shape, **sabarmati, "job_environment": coverage_in_jobs(), **changes}
            pbs = stack.enter_context(FakePbs(tmp_path / "a pbs", FakePbsOptions(**given)))
            for name, value in pbs.environment.items():
                monkeypatch.setenv(name, value)
            return pbs

        yield start


@pytest.fixture
def pbs(start_pbs: StartPbs) -> FakePbs:
    return start_pbs()

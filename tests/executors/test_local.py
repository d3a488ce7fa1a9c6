from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff.errors import SchedulerError
from hpcmlff.executors.base import Executor, Work
from hpcmlff.executors.local import LocalExecutor
from hpcmlff.executors.processes import identify, is_alive, is_here
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.states import JobState


def work(folder: Path, function: str, *arguments: str | int) -> Work:
    return Work(
        function=function,
        arguments=arguments,
        name="test",
        folder=folder,
        elements=1,
        placement=Placement(
            cpus=1, gpus=0, mem_gb=1.0, walltime_s=3600, parallel=1, cells_per_element=1
        ),
        grace_s=5,
    )


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited for a minute"
        time.sleep(0.05)


@pytest.fixture
def executor() -> Executor:
    return LocalExecutor()


@pytest.mark.parametrize("name", ["plain", "with space", "quo'te"])
def test_a_job_runs_in_the_background_and_ends(
    executor: Executor, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    mark = folder / "mark"
    job = executor.submit(work(folder, "os:mkdir", str(mark)))
    eventually(lambda: executor.states([job]) == [(JobState.ENDED,)])
    assert mark.is_dir()
    assert (folder / str(job["job_id"])).is_dir()


def test_a_job_has_a_session_of_its_own_and_can_be_cancelled(
    executor: Executor, tmp_path: Path
) -> None:
    job = executor.submit(work(tmp_path, "hpcmlff.testing.sleeper:sleep_until_asked"))
    assert executor.states([job]) == [(JobState.RUNNING,)]
    assert os.getsid(job["process"]["pid"]) != os.getsid(0)
    log = tmp_path / job["job_id"] / f"{job['job_id']}_0_log.out"
    eventually(lambda: log.exists() and "sleeping" in log.read_text())
    executor.cancel([job])
    eventually(lambda: executor.states([job]) == [(JobState.ENDED,)])
    assert "asked to stop" in log.read_text()
    executor.cancel([job])


def test_a_job_that_cannot_start_shows_the_reason(executor: Executor, tmp_path: Path) -> None:
    with pytest.raises(SchedulerError, match="No module named 'nowhere'"):
        executor.submit(work(tmp_path, "nowhere:function"))


def test_a_job_of_another_host_is_unknown_and_not_cancelled_from_here(executor: Executor) -> None:
    process = {"host": "elsewhere", "boot": "x", "pid": 1, "start_ticks": 1}
    job = {"job_id": "7", "process": process}
    assert executor.states([job]) == [(JobState.UNKNOWN,)]
    with pytest.raises(SchedulerError) as caught:
        executor.cancel([job])
    assert str(caught.value) == "job 7 runs on elsewhere. Cancel it there"


def test_a_job_that_ended_before_it_was_looked_at_has_ended(executor: Executor) -> None:
    job = {"job_id": "7", "process": None}
    assert executor.states([job]) == [(JobState.ENDED,)]
    executor.cancel([job])


def test_a_reused_pid_is_another_process() -> None:
    mine = identify(os.getpid())
    assert mine is not None
    assert is_here(mine)
    assert is_alive(mine)
    assert not is_alive(mine | {"start_ticks": mine["start_ticks"] - 1})
    assert not is_alive(mine | {"boot": "another"})


def test_a_dead_process_is_dead_before_and_after_it_is_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = identify(process.pid)
    assert identity is not None
    assert is_alive(identity)
    process.send_signal(signal.SIGKILL)
    eventually(lambda: not is_alive(identity))
    process.wait()
    assert identify(process.pid) is None

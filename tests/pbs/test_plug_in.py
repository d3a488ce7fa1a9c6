"""The submitit plug-in as anyone uses it: ``AutoExecutor(cluster="pbs")``."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
import submitit
from pbs.conftest import StartPbs
from submitit.core import plugins
from submitit.core.utils import DelayedSubmission, FailedJobError, UncompletedJobError

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.commands import run_command
from hpcmlff.executors.pbs import PbsExecutor
from hpcmlff.executors.pbs_environment import PbsJobEnvironment
from hpcmlff.executors.pbs_job import PbsInfoWatcher, PbsJob
from hpcmlff.testing.fake_pbs import HURRIED, FakePbs, FakeQueue

_PATIENCE_S = 60.0

# Jobs do not know the modules of tests.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(autouse=True)
def watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the jobs of other servers, whose ids are the same."""
    monkeypatch.setattr(PbsJob, "watcher", PbsInfoWatcher())


class Counter:
    """Counts on at each start, and says in which jobs it did."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.jobs: list[str] = []
        self.done = 0

    def __call__(self) -> tuple[int, list[str]]:
        self.jobs.append(os.environ["PBS_JOBID"])
        while self.done < self.to:
            self.done += 1
            time.sleep(0.05)
        return self.done, self.jobs

    def checkpoint(self) -> DelayedSubmission:
        return DelayedSubmission(self)


def in_place() -> tuple[str, str, str, str]:
    """Return where a job runs, and what surrounds it."""
    environment = submitit.JobEnvironment()
    facts = (environment.job_id, str(environment.num_nodes), environment.hostnames[0])
    return (str(Path.cwd()), os.environ["PATH"], in_place_umask(), " ".join(facts))


def in_place_umask() -> str:
    umask = os.umask(0)
    os.umask(umask)
    return f"{umask:o}"


def until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def auto(folder: Path, **parameters: Any) -> submitit.AutoExecutor:
    executor = submitit.AutoExecutor(folder / "it's a folder", cluster="pbs")
    executor.update_parameters(**{"timeout_min": 1, "pbs_queue": "workq", **parameters})
    return executor


def state(job: submitit.Job[Any]) -> str:
    return str(job.watcher.get_state(job.job_id, mode="force"))


def test_submitit_finds_executor_and_environment() -> None:
    assert plugins.get_executors()["pbs"] is PbsExecutor
    assert isinstance(plugins.get_job_environments()["pbs"], PbsJobEnvironment)


def test_a_job_runs_where_it_was_submitted(pbs: FakePbs, tmp_path: Path) -> None:
    job = auto(tmp_path, mem_gb=0.5).submit(in_place)
    place, path, umask, facts = job.result()
    assert (place, path) == (str(Path.cwd()), os.environ["PATH"])
    assert facts == "0 1 cn1"
    assert umask == in_place_umask()
    assert isinstance(job, PbsJob)
    assert "Job completed successfully" in (job.stdout() or "")


def test_an_array_is_one_submission_and_one_element_a_single_job(
    pbs: FakePbs, tmp_path: Path
) -> None:
    executor = auto(tmp_path, pbs_array_parallelism=2)
    jobs = executor.map_array(divmod, [7, 8, 9], [2, 3, 4])
    assert [job.job_id for job in jobs] == ["0_0", "0_1", "0_2"]
    assert [job.result() for job in jobs] == [(3, 1), (2, 2), (2, 1)]
    [single] = executor.map_array(divmod, [7], [2])
    assert single.job_id == "1"
    assert single.result() == (3, 1)
    [first, second] = pbs.counting.calls("qsub")
    assert " -J 0-2%2 " in first.arguments
    assert "-J" not in second.arguments


def test_a_batch_larger_than_the_cap_becomes_several_arrays(pbs: FakePbs, tmp_path: Path) -> None:
    jobs = auto(tmp_path, pbs_array_cap=2).map_array(abs, [-1, -2, -3, -4, -5])
    assert [job.job_id for job in jobs] == ["0_0", "0_1", "1_0", "1_1", "2"]
    assert [job.result() for job in jobs] == [1, 2, 3, 4, 5]


def test_a_batch_that_pbs_refuses_in_its_middle_leaves_nothing(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    start_pbs(queues=(FakeQueue(name="workq", max_queued=3, started=False),))
    with pytest.raises(JobRefused, match="Maximum number of jobs already in queue workq") as caught:
        auto(tmp_path, pbs_array_cap=2).map_array(abs, [-1, -2, -3, -4])
    assert caught.value.limit
    assert run_command(["qstat"]) == ""


@pytest.mark.parametrize("history", [True, False])
def test_states_follow_a_job(start_pbs: StartPbs, tmp_path: Path, history: bool) -> None:
    start_pbs(history=history)
    executor = auto(tmp_path)
    sleeper = executor.submit(time.sleep, 60)
    until(lambda: state(sleeper) == "RUNNING")
    sleeper.cancel()
    until(lambda: sleeper.done(force_check=True))
    assert state(sleeper) == ("CANCELLED" if history else "FINISHED")
    sleeper.cancel()
    failed = executor.submit(divmod, 1, 0)
    assert isinstance(failed.exception(), FailedJobError)
    until(lambda: failed.watcher.is_done(failed.job_id, mode="force"))
    assert state(failed) == ("FAILED" if history else "FINISHED")


def test_what_qstat_cannot_tell_keeps_its_state(
    pbs: FakePbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pbs_asking, "BACK_OFF_S", (0.1, 0.2))
    job = auto(tmp_path).submit(time.sleep, 60)
    until(lambda: state(job) == "RUNNING")
    with pbs.server_down():
        assert state(job) == "RUNNING"
        assert not job.done(force_check=True)
        with pytest.raises(SchedulerError, match="Couldn't connect to cluster: pbslab"):
            job.cancel()
        job.cancel(check=False)
    job.cancel()


def test_one_qstat_tells_of_all_jobs(pbs: FakePbs, tmp_path: Path) -> None:
    executor = auto(tmp_path)
    jobs = [*executor.map_array(abs, [-1, -2, -3]), executor.submit(abs, -4)]
    assert [job.result() for job in jobs] == [1, 2, 3, 4]
    watcher = type(jobs[0].watcher)()
    for job in jobs:
        watcher.register_job(job.job_id)
    before = len(pbs.counting.calls("qstat"))
    watcher.update()
    # The first question asks for finished jobs, of which this server knows nothing.
    assert len(pbs.counting.calls("qstat")) - before == 2
    until(lambda: not watcher.update() and watcher._registered == watcher._finished)
    watcher.update()


def test_a_job_is_rebuilt_by_another_process(pbs: FakePbs, tmp_path: Path) -> None:
    job = auto(tmp_path).map_array(divmod, [7, 9], [2, 2])[1]
    code = (
        "import sys; from hpcmlff.executors.pbs_job import PbsJob;"
        "print(PbsJob(sys.argv[1], sys.argv[2]).result())"
    )
    folder = str(tmp_path / "it's a folder")
    for name in (job.job_id, "0[1].pbslab"):
        command = [sys.executable, "-c", code, folder, name]
        assert subprocess.check_output(command, text=True) == "(4, 1)\n"
    again: submitit.Job[Any] = pickle.loads(pickle.dumps(job))  # noqa: S301 - our own
    assert again.result() == (4, 1)


def test_a_checkpointable_job_goes_on_in_the_next_and_its_object_follows(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    executor = auto(tmp_path, pbs_walltime_s=5, pbs_signal_delay_s=2)
    plain, job = executor.submit_array([lambda: 1, Counter(60)])
    assert plain.result() == 1
    done, jobs = job.result()
    assert done == 60
    assert jobs[0] == "0[1].pbslab"
    assert jobs[1:] == [f"{number}.pbslab" for number in range(1, len(jobs))]
    assert job.job_id == str(len(jobs) - 1)
    assert len(pbs.counting.calls("qsub")) == len(jobs)
    first = PbsJob(tmp_path / "it's a folder", "0_1")
    assert first.job_id == job.job_id
    assert first.result() == (done, jobs)


def test_a_job_that_pbs_runs_again_after_a_lost_node_leaves_to_its_successor(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    pbs = start_pbs(submit_from_jobs=True, delays=replace(HURRIED, node_fail_requeue_s=5.0))
    job = auto(tmp_path, pbs_walltime_s=5, pbs_signal_delay_s=2).submit(Counter(60))
    first = PbsJob(tmp_path / "it's a folder", "0").paths.stdout
    until(lambda: first.exists() and "Loading pickle" in first.read_text())
    pbs.kill_node("cn1")
    assert job.result() == (60, ["0.pbslab", "1.pbslab"])
    until(lambda: first.read_text().endswith("Job 1 goes on\n"))
    assert job.job_id == "1"


def test_a_job_that_pbs_is_stopping_submits_no_other(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    [job] = auto(tmp_path).submit_array([Counter(1)])
    job.result()
    until(lambda: job.done(force_check=True))
    monkeypatch.setenv("PBS_JOBID", f"{job.job_id}.pbslab")
    [script] = (tmp_path / "it's a folder").glob("submission_*.sh")
    monkeypatch.setenv("SUBMITIT_PBS_SCRIPT", str(script))
    told = "^Job not requeued because: PBS does not know this job any more$"
    with pytest.raises(UncompletedJobError, match=told):
        PbsJobEnvironment()._requeue(1)
    assert len(pbs.counting.calls("qsub")) == 1


@pytest.mark.parametrize(
    ("allowed", "reason"),
    [(False, "submit_from_jobs is off"), (True, "qsub: Bad UID for job execution")],
)
def test_a_job_that_may_not_submit_says_so_and_keeps_its_checkpoint(
    pbs: FakePbs, tmp_path: Path, allowed: bool, reason: str
) -> None:
    may = {"pbs_submit_from_jobs": allowed}
    job = auto(tmp_path, pbs_walltime_s=4, pbs_signal_delay_s=2, **may).submit(Counter(200))
    error = job.exception()
    assert isinstance(error, (FailedJobError, UncompletedJobError))
    assert f"Job not requeued because: {reason}" in str(error)
    assert job.submission().function.done > 0


def test_a_terminated_job_checkpoints_and_pbs_runs_it_again(pbs: FakePbs, tmp_path: Path) -> None:
    job = auto(tmp_path).submit(Counter(60))
    until(lambda: "Loading pickle" in (job.stdout() or ""))
    time.sleep(1.0)
    # What a run leaves that is killed while it writes its result.
    job.paths.result_pickle.with_suffix(".pkl.save_tmp").touch()
    assert pbs.preempt(job.job_id)
    done, jobs = job.result()
    assert (done, jobs) == (60, ["0.pbslab", "0.pbslab"])
    assert len(pbs.counting.calls("qsub")) == 1


def test_signals_reach_python(pbs: FakePbs, tmp_path: Path) -> None:
    job = auto(tmp_path).submit(time.sleep, 20)
    until(lambda: "Loading pickle" in (job.stdout() or ""))
    time.sleep(0.3)
    job._interrupt()
    until(lambda: "Bypassing signal SIGTERM" in (job.stderr() or "") + (job.stdout() or ""))
    job.cancel()
    until(lambda: job.done(force_check=True))
    with pytest.raises(SchedulerError, match="qsig: "):
        job._interrupt()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"nodes": 2}, "nodes=2: PBS starts one process on a job's first node"),
        ({"tasks_per_node": 3}, "tasks_per_node=3: PBS starts one process"),
    ],
)
def test_several_tasks_are_refused(parameters: dict[str, int], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        auto(tmp_path, **parameters)


def test_unknown_parameters_are_refused(tmp_path: Path) -> None:
    executor = PbsExecutor(tmp_path)
    with pytest.raises(ValueError, match="unknown parameter 'que'; did you mean 'queue'"):
        executor.update_parameters(que="workq")
    with pytest.raises(ValueError, match="unknown parameter 'zzz'; valid: name, "):
        executor.update_parameters(zzz=1)
    with pytest.raises(NameError, match="Unknown argument 'que' for executor 'pbs'"):
        auto(tmp_path, pbs_que="workq")

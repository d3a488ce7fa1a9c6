"""A training that is stopped in whatever way goes on and ends with the bits of an unbroken one."""

from __future__ import annotations

import os
import signal
from itertools import pairwise
from pathlib import Path

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import SIZE, Study, make_study
from cluster.unbroken import assert_unbroken, history

from hpcmlff.files import read_json

STEP_S = 0.07
PREEMPTIBLE = {
    "partitions": [{"name": "vega-low", "cpus": 8, "mem_gb": 64, "walltime": "1h"}],
    "options": {"nodelist": "vega2"},
}


@pytest.fixture(scope="module", autouse=True)
def timed(bare_cluster: SlurmCluster, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study whose cell comes to the end of its walltime while other tests run."""
    # A minute is Slurm's shortest; it may signal up to half a minute early.
    partition = {"name": "sabarmati", "cpus": 16, "mem_gb": 128, "walltime": "60s"}
    profile = {"partitions": [partition], "grace": "30s", "accounting": False}
    study = make_study(tmp_path_factory.mktemp("timed"), profile=profile, step_s=36 / SIZE)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in bare_cluster.environment.items():
            patch.setenv(name, value)
        assert study.submit() == 0
    return study


def started(folder: Path, **profile: object) -> Study:
    """Return a study whose one cell has begun to train."""
    study = make_study(folder, profile=profile, step_s=STEP_S)
    assert study.submit() == 0
    study.await_log("training from step 0")
    return study


def assert_resumed(study: Study, step: int) -> None:
    """Assert that a second attempt went on from a step of the first, to the right result."""
    study.await_states("done")
    assert 0 < step < SIZE
    assert history(study, study.cells[0]) == [(0, step), (step, SIZE)]
    assert study.attempts() == [2]
    assert_unbroken(study)


def test_a_cell_that_slurm_signals_is_put_back_and_goes_on(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = started(tmp_path)
    [job] = study.jobs
    slurm.interrupt(job)
    slurm.release(job)
    assert study.end(1)["reason"] == "SIGUSR2"
    assert_resumed(study, study.end(1)["step"])
    assert study.jobs == [job]


def test_the_last_of_an_array_is_put_back_while_another_one_waits(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, profile={"running_cap": 1}, seeds=range(2), step_s=STEP_S)
    assert study.submit() == 0
    [job] = study.jobs
    for element, states in enumerate((["running", "queued"], ["queued", "running"])):

        def has_trained(element: int = element, states: list[str] = states) -> bool:
            found = study.standings()
            return study.states() == states and found[element].progress.get("step", 0) > 0

        study.await_that(has_trained, "one at a time")
        slurm.interrupt(f"{job}_{element}")
    for element in range(2):
        slurm.release(f"{job}_{element}")
    study.await_states("done", "done")
    assert study.attempts() == [2, 2]
    assert study.jobs == [job]
    assert_unbroken(study)


def test_a_kernel_model_that_slurm_signals_ends_with_the_bits_of_an_unbroken_one(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    candidates = list(range(10, 30))
    study = make_study(
        tmp_path,
        axes={"model": ["sgdml"], "size": [SIZE], "seed": [0]},
        models={"sgdml": {"sigma": candidates}},
    )
    assert study.submit() == 0
    study.await_log("training from step 0")
    [job] = study.jobs
    slurm.interrupt(job)
    slurm.release(job)
    study.await_states("done")
    pieces = history(study, study.cells[0])
    step, steps = study.end(1)["step"], pieces[-1][1]
    assert 0 < step < steps
    assert pieces == [(0, step), (step, steps)]
    assert_unbroken(study)


def test_without_srun_the_signal_reaches_the_training_as_well(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = started(tmp_path, use_srun=False)
    [job] = study.jobs
    slurm.interrupt(job, batch=True)
    slurm.release(job)
    assert study.end(1)["reason"] == "SIGUSR2"
    assert_resumed(study, study.end(1)["step"])


def preempted(slurm: SlurmCluster, folder: Path, **profile: object) -> tuple[Study, str]:
    """Return a study whose cell was preempted, and why it stopped."""
    study = started(folder, **PREEMPTIBLE, **profile)
    [job] = study.jobs
    taken = ["-p", "vega-urgent", "-w", "vega2", "--exclusive", "-o", "/dev/null"]
    urgent = slurm.submit(*taken, "--wrap=true")
    slurm.wait_for(urgent, "COMPLETED")
    slurm.release(job)
    return study, study.end(1)["reason"]


def test_a_preempted_cell_commits_where_slurm_sends_the_signal_asked_for_and_goes_on(
    signalling_slurm: SlurmCluster, tmp_path: Path
) -> None:
    study, reason = preempted(signalling_slurm, tmp_path)
    assert reason == "SIGUSR2"
    assert_resumed(study, study.end(1)["step"])


def test_a_cell_whose_node_dies_goes_on_elsewhere_from_its_last_checkpoint(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = started(tmp_path)
    study.await_checkpoint()
    [job] = study.jobs
    node = slurm.job(job)["NodeList"]
    slurm.kill_node(node)
    slurm.wait_for(job, "PENDING")
    assert study.states() == ["queued"]
    assert study.end(1) == {}
    slurm.release(job)
    study.await_states("done")
    assert slurm.job(job)["NodeList"] != node
    assert_resumed(study, history(study, study.cells[0])[0][1])


def test_a_cell_whose_walltime_ends_is_put_back_and_goes_on(
    timed: Study, bare_slurm: SlurmCluster
) -> None:
    [job] = timed.jobs
    bare_slurm.wait_for(job, "PENDING", timeout_s=180)
    assert timed.states() == ["queued"]
    assert timed.end(1)["reason"] in {"the job's walltime is ending", "SIGUSR2"}
    while bare_slurm.state(job) != "COMPLETED":
        bare_slurm.release(job)
        # The next run may be signalled as early, or earlier.
        bare_slurm.wait_until(lambda: bare_slurm.state(job) != "PENDING")
        bare_slurm.wait_for(job, "PENDING", "COMPLETED", timeout_s=180)
    assert timed.states() == ["done"]
    pieces = history(timed, timed.cells[0])
    assert pieces[0] == (0, timed.end(1)["step"])
    assert pieces[-1][1] == SIZE
    assert len(pieces) > 1
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert_unbroken(timed)


def test_a_preempted_cell_commits_on_a_stock_configuration_and_goes_on(
    bare_slurm: SlurmCluster, tmp_path: Path
) -> None:
    study, reason = preempted(bare_slurm, tmp_path, accounting=False)
    assert reason == "SIGTERM"
    assert_resumed(study, study.end(1)["step"])


@pytest.mark.parametrize("cluster", ["slurm", "bare_slurm"])
def test_a_cell_that_scancel_ends_commits_and_waits_for_somebody_to_resume(
    cluster: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    slurm: SlurmCluster = request.getfixturevalue(cluster)
    study = started(tmp_path, accounting=cluster == "slurm")
    slurm.run("scancel", *study.jobs)
    study.await_states("stopped")
    assert study.standings()[0].reason == "SIGTERM"
    step = study.end(1)["step"]
    assert study.resume() == 0
    assert_resumed(study, step)
    assert len(study.jobs) == 2


def test_without_accounting_a_killed_cell_is_told_apart_and_resumed(
    bare_slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = started(tmp_path, accounting=False)
    study.await_checkpoint()
    os.kill(read_json(study.attempt(1).start)["process"]["pid"], signal.SIGKILL)
    study.await_states("stopped")
    assert study.standings()[0].reason == "its process was killed (FAILED)"
    assert study.resume() == 0
    study.await_states("done")
    assert_resumed(study, history(study, study.cells[0])[0][1])

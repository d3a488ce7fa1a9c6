"""What follows a job that ended before its cell was done, by each policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import SIZE, make_study
from cluster.unbroken import assert_unbroken, history

from hpcmlff import cancel

STEP_S = 0.07


def test_a_chain_goes_on_by_itself_and_its_rest_does_nothing(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    profile = {"requeue": "chain", "chain_length": 3}
    study = make_study(tmp_path, profile=profile, seeds=[0, 1], step_s=STEP_S)
    assert study.submit() == 0
    study.await_progress()
    first, *_ = study.jobs
    slurm.interrupt(first)
    study.await_states("done", "done")
    study.await_end()
    assert len(study.jobs) == 3
    assert study.attempts() == [2, 2]
    step = study.end(1)["step"]
    assert history(study, study.cells[0]) == [(0, step), (step, SIZE)]
    assert_unbroken(study)


def test_a_chain_leaves_a_failed_cell_alone(slurm: SlurmCluster, tmp_path: Path) -> None:
    vega = {"name": "vega", "cpus": 8, "mem_gb": 64, "gpus": 4, "walltime": "1h"}
    chain = {"requeue": "chain", "chain_length": 2, "partitions": [vega]}
    study = make_study(tmp_path, profile=chain)
    # The nodes' GPUs are there for Slurm only; torch finds none.
    axes = {"model": ["schnet"], "size": [20], "seed": [0]}
    study.write_grid(axes=axes, resources=[{"gpus": 1}])
    assert study.submit() == 0
    study.await_end()
    assert study.states() == ["failed"]
    assert study.attempts() == [1]
    assert "nothing to do: the cell has failed in the job before" in study.output()


def test_a_manual_cell_waits_for_resume_which_may_be_given_again_and_again(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path, profile={"requeue": "manual"}, seeds=[0, 1], step_s=STEP_S)
    assert study.submit() == 0
    study.await_progress()
    slurm.interrupt(study.jobs[0])
    study.await_states("stopped", "stopped")
    assert slurm.run("squeue", "-h") == ""
    assert [one.reason for one in study.standings()] == ["SIGUSR2", "SIGUSR2"]
    assert study.resume() == 0
    capsys.readouterr()
    assert study.resume() == 0
    assert "nothing to train" in capsys.readouterr().err
    study.await_states("done", "done")
    assert study.resume() == 0
    assert len(study.jobs) == 2
    assert study.attempts() == [2, 2]
    assert_unbroken(study)


def test_a_cell_that_never_reaches_a_checkpoint_is_given_up(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    # No safe point comes before the job is killed.
    profile = {"attempts_without_progress": 2}
    study = make_study(tmp_path, profile=profile, steps=2, step_s=600)
    assert study.submit() == 0
    [job] = study.jobs
    for attempt in (1, 2):
        study.await_log("training from step 0", attempt)
        slurm.run("scontrol", "requeue", job)
        slurm.release(job)
    study.await_states("failed")
    assert study.standings()[0].reason == (
        "2 attempts in a row ended without a checkpoint. "
        "See log.txt of the attempts before; `retry` tries again"
    )
    assert study.attempts() == [3]
    assert study.resume() == 0
    assert study.states() == ["failed"]
    assert study.resume("--retry-failed") == 0
    study.await_states("running")
    assert study.attempts() == [4]


def test_jobs_that_end_before_their_cell_begins_are_not_submitted_for_ever(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"attempts_without_progress": 2, "setup": ["echo no such module", "exit 7"]}
    study = make_study(tmp_path, profile=broken, seeds=[0, 1])
    assert study.submit("--wait") == 1
    assert study.states() == ["pending", "pending"]
    assert study.resume("--wait") == 1
    assert study.states() == ["failed", "failed"]
    folder = study.store.layout.private / study.records[-1].mark
    reason = "2 jobs in a row ended before the cell began; see the last one's output: "
    assert study.standings()[0].reason == f"{reason}{folder}"
    assert "no such module" in study.output()
    capsys.readouterr()
    assert study.resume() == 0
    assert "failed cells are tried again with --retry-failed" in capsys.readouterr().err
    assert len(study.jobs) == 2
    study.write_profile()
    assert study.resume("--retry-failed", "--wait") == 0
    assert study.attempts() == [1, 1]
    assert_unbroken(study)


def test_cancelled_cells_commit_and_go_on_when_they_are_resumed(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path, profile={"running_cap": 1}, seeds=[0, 1], step_s=STEP_S)
    assert study.submit() == 0
    study.await_that(lambda: study.states() == ["running", "queued"], "the first cell")
    study.await_that(lambda: study.standings()[0].progress.get("step", 0) > 0, "a step")
    capsys.readouterr()
    assert study.cancel() == 0
    told = "asked 2 cells (1 running, 1 queued) in 1 job to stop"
    assert capsys.readouterr().err.startswith(told)
    study.await_states("stopped", "pending")
    assert study.cancel() == 0
    assert capsys.readouterr().err.startswith("no job has a cell\n")
    step = study.end(1)["step"]
    assert study.resume("--wait") == 0
    assert history(study, study.cells[0]) == [(0, step), (step, SIZE)]
    assert study.attempts() == [2, 1]
    assert_unbroken(study)


def test_some_cells_of_an_array_are_cancelled_and_the_others_go_on(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path, profile={"running_cap": 3}, seeds=range(5), step_s=STEP_S)
    assert study.submit() == 0
    study.await_that(lambda: study.states() == ["running"] * 3 + ["queued"] * 2, "three cells")
    study.await_that(lambda: study.standings()[1].progress.get("step", 0) > 0, "a step")
    capsys.readouterr()
    cells = ["*/*/*/s1", "*/*/*/s2", study.cells[4].short_id]
    assert cancel.main([str(study.store.path), *cells]) == 0
    told = "asked 3 cells (2 running, 1 queued) in 1 job to stop"
    assert capsys.readouterr().err.startswith(told)
    study.await_states("done", "stopped", "stopped", "done", "pending")
    study.await_end()
    assert study.attempts() == [1, 1, 1, 1, 0]
    assert len(study.jobs) == 1
    assert study.resume("--wait") == 0
    assert study.attempts() == [1, 2, 2, 1, 1]
    assert_unbroken(study)


def test_a_cancelled_job_that_slurm_runs_again_does_nothing(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, step_s=STEP_S)
    assert study.submit() == 0
    study.await_log("training from step 0")
    [job] = study.jobs
    study.store.ledger.cancel(study.records[0])
    slurm.run("scontrol", "requeue", job)
    slurm.release(job)
    study.await_states("stopped")
    assert study.attempts() == [1]
    assert study.end(1)["reason"] == "SIGTERM"
    assert "nothing to do: it was cancelled" in study.output()
    assert study.resume("--wait") == 0
    assert study.attempts() == [2]
    assert_unbroken(study)

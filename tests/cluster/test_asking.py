"""How often Slurm is asked, and what is done when it does not answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import make_study
from cluster.unbroken import assert_unbroken

from hpcmlff import status
from hpcmlff.store.headers import is_done

SLOW_LOOK = {"poll_interval": "600s", "requeue": "manual"}


@pytest.fixture
def counted(slurm: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> SlurmCluster:
    """The cluster with its calls counted from now on."""
    for name, value in slurm.counting_environment().items():
        monkeypatch.setenv(name, value)
    return slurm


def asked(slurm: SlurmCluster) -> list[str]:
    """Return the commands that this process has called."""
    return [call.command for call in slurm.calls() if call.job_id is None]


def test_an_array_takes_one_sbatch_and_looks_within_the_poll_interval_ask_nothing(
    counted: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, profile=SLOW_LOOK, seeds=range(3), step_s=0.05)
    assert study.submit() == 0
    assert asked(counted) == ["sbatch", "squeue"]
    for _ in range(2):
        assert status.main([str(study.store.path)]) == 0
    assert asked(counted) == ["sbatch", "squeue"]
    study.await_that(
        lambda: all(is_done(study.store.cell(cell)) for cell in study.cells), "the results"
    )
    assert asked(counted) == ["sbatch", "squeue"]
    assert_unbroken(study)


def test_a_look_after_the_poll_interval_asks_twice_at_most(
    counted: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path, profile=SLOW_LOOK, seeds=range(3), step_s=0.05)
    assert study.submit() == 0
    study.await_progress()
    study.store.layout.polled.unlink()
    before = len(asked(counted))
    assert status.main([str(study.store.path)]) == 0
    assert asked(counted)[before:] == ["squeue"]
    assert "running" in capsys.readouterr().out
    counted.run("scancel", *study.jobs)
    counted.wait_until(lambda: counted.run("squeue", "-h") == "", what="the end")
    study.store.layout.polled.unlink()
    before = len(asked(counted))
    for _ in range(3):
        assert status.main([str(study.store.path)]) == 0
    assert asked(counted)[before:] == ["squeue", "sacct"]
    assert "3 cells: 3 stopped" in capsys.readouterr().out


def test_resume_from_cron_submits_nothing_while_the_cells_have_jobs(
    counted: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, profile=SLOW_LOOK, seeds=range(2), step_s=0.05)
    assert study.submit() == 0
    study.await_progress()
    counted.interrupt(study.jobs[0])
    study.await_states("stopped", "stopped")
    for _ in range(3):
        assert study.resume() == 0
    assert asked(counted).count("sbatch") == 2
    study.await_states("done", "done")
    assert study.resume() == 0
    assert asked(counted).count("sbatch") == 2
    assert study.attempts() == [2, 2]
    assert_unbroken(study)


def test_cells_whose_jobs_cannot_be_asked_about_are_left_alone(
    slurm: SlurmCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    study = make_study(tmp_path / "study", seeds=[0, 1], step_s=0.05)
    assert study.submit() == 0
    silent = tmp_path / "squeue"
    silent.write_text("#!/bin/sh\necho 'slurm_load_jobs error: Unable to contact' >&2; exit 1\n")
    silent.chmod(0o755)
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{path}")
    capsys.readouterr()
    assert study.resume() == 0
    shown = capsys.readouterr().err
    assert "the scheduler could not be asked about 2 cells; they are left alone" in shown
    assert len(study.jobs) == 1
    monkeypatch.setenv("PATH", path)
    study.await_states("done", "done")
    assert study.attempts() == [1, 1]
    assert_unbroken(study)

"""The whole main job on a fake PBS: whatever happens, results equal an unbroken run."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
from cluster.unbroken import assert_unbroken, history
from pbs.conftest import StartPbs
from pbs.pbs_study import assert_resumed, pbs_study, queue, sabarmati, started

from hpcmlff import cancel, retry
from hpcmlff.executors import pbs_asking
from hpcmlff.executors.commands import run_command
from hpcmlff.testing.fake_pbs import HURRIED, FakePbs


def test_a_grid_is_trained(pbs: FakePbs, tmp_path: Path) -> None:
    study = pbs_study(tmp_path, seeds=range(5), step_s=0.0)
    assert study.submit() == 0
    study.await_states(*["done"] * 5)
    assert_unbroken(study)
    assert study.attempts() == [1] * 5
    assert [record.job for record in study.records if record.job] == [
        {
            "job_id": "0[]",
            "elements": 5,
            "user": getpass.getuser(),
            "folder": str(study.store.layout.private / study.records[0].mark),
        }
    ]


def test_a_training_that_pbs_kills_at_its_walltime_goes_on(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    start_pbs(delays=replace(HURRIED, kill_s=0.1))
    # A step is longer than the grace time, so that no safe point comes in time.
    study = started(tmp_path, step_s=8.0, steps=2, partitions=queue("15s"))
    study.await_states("stopped")
    assert study.standings()[0].reason == "its process was killed (TIMEOUT)"
    assert study.end(1) == {}
    study.write_profile(**sabarmati(partitions=queue("1h")))
    assert study.resume() == 0
    assert_resumed(study, steps=2)


def test_a_deleted_job_commits_and_waits_for_somebody_to_resume(
    pbs: FakePbs, tmp_path: Path
) -> None:
    study = started(tmp_path)
    run_command(["qdel", study.jobs[0]])
    study.await_states("stopped")
    assert study.standings()[0].reason == "SIGTERM"
    assert study.resume() == 0
    assert_resumed(study)
    assert len(study.jobs) == 2


def test_some_cells_of_an_array_are_cancelled_and_the_others_go_on(
    pbs: FakePbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = started(tmp_path, seeds=range(3))
    study.await_states("running", "running", "running")
    capsys.readouterr()
    assert cancel.main([str(study.store.path), "seed=0,2"]) == 0
    told = "asked 2 cells (2 running) in 1 job to stop"
    assert capsys.readouterr().err.startswith(told)
    assert pbs.counting.calls("qdel")[-1].arguments == "0[0] 0[2]"
    study.await_states("stopped", "done", "stopped")
    assert study.resume() == 0
    study.await_states("done", "done", "done")
    assert study.attempts() == [2, 1, 2]
    assert_unbroken(study)


def test_a_cell_that_has_failed_is_tried_again_if_asked(
    pbs: FakePbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = started(tmp_path, seeds=range(2))
    assert cancel.main([str(study.store.path)]) == 0
    study.await_states("stopped", "stopped")
    frames = study.store.layout.dataset("springs")
    shutil.copy(frames, tmp_path / "whole")
    with h5py.File(frames, "r+") as file:
        file["energies"][0] += 1.0
    assert study.resume() == 0
    study.await_states("failed", "failed")
    shutil.copy(tmp_path / "whole", frames)
    words = ["--profile", str(study.profile), "--yes"]
    capsys.readouterr()
    assert retry.main([str(study.store.path), "*/*/*/s1", *words]) == 0
    assert "failed (bad data: /" in capsys.readouterr().err
    study.await_states("failed", "done")
    assert retry.main([str(study.store.path), "state=failed", *words, "--wait"]) == 0
    assert study.attempts() == [3, 3]
    assert_unbroken(study)


def test_a_cell_whose_node_is_lost_goes_on_elsewhere_while_its_old_process_lives(
    pbs: FakePbs, tmp_path: Path
) -> None:
    study = started(tmp_path, step_s=0.15, steps=30)
    [job] = study.jobs
    old = pbs.processes(job)
    pbs.kill_node("cn1")
    study.await_that(lambda: study.attempts() == [2], "the second attempt")
    assert set(old) <= set(pbs.processes(job))
    study.await_states("done")
    assert study.jobs == [job]
    assert_unbroken(study)


def test_a_preempted_job_commits_and_is_run_again_by_pbs(pbs: FakePbs, tmp_path: Path) -> None:
    study = started(tmp_path)
    [job] = study.jobs
    assert pbs.preempt(job, rest_s=0.5)
    study.await_that(lambda: study.end(1), "the first attempt to end")
    assert study.end(1)["reason"] == "SIGTERM"
    assert_resumed(study)
    assert study.jobs == [job]


def test_while_the_server_is_down_nothing_is_taken_for_over(
    pbs: FakePbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pbs_asking, "BACK_OFF_S", (0.1, 0.2))
    study = started(tmp_path)
    with pbs.server_down():
        [standing] = study.standings()
        assert (standing.state.value, standing.unasked) == ("running", True)
        assert study.resume() == 0
        assert len(study.records) == 1
    study.await_states("done")
    assert study.attempts() == [1]
    assert_unbroken(study)


def test_what_could_not_be_submitted_is_submitted_by_the_next_command(
    pbs: FakePbs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pbs_asking, "BACK_OFF_S", (0.1, 0.2))
    study = pbs_study(tmp_path, step_s=0.0)
    with pbs.server_down():
        assert study.submit() == 5
    assert capsys.readouterr().err.endswith(
        "error: Connection refused\nqsub: cannot connect to server pbslab (errno=15010). "
        "Nothing was submitted; give the same command again later\n"
    )
    assert study.submit() == 0
    study.await_states("done")
    assert study.attempts() == [1]


def test_another_process_resumes(pbs: FakePbs, tmp_path: Path) -> None:
    study = started(tmp_path)
    assert study.cancel() == 0
    study.await_states("stopped")
    words = [str(study.store.path), "--profile", str(study.profile), "--yes", "--wait"]
    command = [sys.executable, "-m", "hpcmlff.resume", *words]
    assert subprocess.run(command, check=False, timeout=120).returncode == 0
    assert_resumed(study)


def test_a_chain_goes_on_and_what_it_does_not_need_ends_at_once(
    pbs: FakePbs, tmp_path: Path
) -> None:
    chained = {"requeue": "chain", "chain_length": 3}
    # All steps take longer than one job has, and less than two, on a busy machine, too.
    study = pbs_study(tmp_path, seeds=(0, 1), step_s=0.12, partitions=queue("8s"), **chained)
    assert study.submit() == 0
    assert study.jobs == ["0[]", "1[]", "2[]"]
    waiting = run_command(["qstat", "-f", "1[]"])
    assert "depend = afterany:0[].pbslab@pbslab" in waiting
    study.await_states("done", "done")
    assert_unbroken(study)
    study.await_that(
        lambda: study.states() and all(record.ended for record in study.records), "its end"
    )
    assert study.attempts() == [len(history(study, cell)) for cell in study.cells] == [2, 2]

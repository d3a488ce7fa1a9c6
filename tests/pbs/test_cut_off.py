"""Commands that die while they submit: nothing is lost, and nothing submitted twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from cluster.unbroken import assert_unbroken
from pbs.pbs_study import pbs_study, qsub_between

from hpcmlff.testing.fake_pbs import FakePbs


def test_a_command_killed_right_after_qsub_is_made_good_by_the_next_one(
    pbs: FakePbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = qsub_between(pbs, tmp_path / "programs", "", "kill -KILL $PPID")
    study = pbs_study(tmp_path, seeds=(0, 1))
    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        command = study.start_submit()
        command.communicate(timeout=60)
    assert command.returncode == -signal.SIGKILL
    assert [record.job for record in study.records] == [None]
    assert study.submit() == 0
    study.await_states("done", "done")
    assert len(pbs.counting.calls("qsub")) == 1
    assert study.jobs == ["0[]"]
    assert study.attempts() == [1, 1]
    assert_unbroken(study)


def test_a_qsub_that_outlives_its_command_is_waited_for(pbs: FakePbs, tmp_path: Path) -> None:
    study = pbs_study(tmp_path)
    with pbs.slow(1.5):
        command = study.start_submit()
        study.await_that(lambda: pbs.counting.calls("qsub"), "qsub to be called")
        command.kill()
        command.communicate()
    assert study.submit() == 0
    study.await_states("done")
    assert len(pbs.counting.calls("qsub")) == 1
    assert study.jobs == ["0"]

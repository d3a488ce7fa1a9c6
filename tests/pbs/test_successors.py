"""Jobs that submit the next one, on a fake PBS: no cell gets two jobs, none is lost."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cluster.unbroken import assert_unbroken, history
from pbs.conftest import StartPbs
from pbs.pbs_study import AGAIN, pbs_study, qsub_in_jobs, queue, sabarmati, started

from hpcmlff.executors.commands import run_command
from hpcmlff.testing.fake_pbs import HURRIED

LEAVING = r"Job \d+ goes on"
"""What a job says that PBS runs again although it has a successor."""


def test_jobs_hand_their_cells_on_and_whoever_resumes_meanwhile_submits_nothing(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    study = pbs_study(tmp_path, seeds=(0, 1), step_s=0.1, partitions=queue("5s"), **AGAIN)
    assert study.submit() == 0

    def done_though_resumed() -> bool:
        assert study.resume() == 0
        return study.states() == ["done", "done"]

    study.await_that(done_though_resumed, "the cells")
    assert_unbroken(study)
    calls = [call.job_id for call in pbs.counting.calls("qsub")]
    assert calls[0] is None
    assert set(calls[1:3]) == {"0[0].pbslab", "0[1].pbslab"}
    assert None not in calls[1:]
    for cell in study.cells:
        jobs = [record for record in study.records if cell.id in record.cells]
        assert [one.successor_of for one in jobs[1:]] == [one.number for one in jobs[:-1]]
        assert len(history(study, cell)) == len(jobs)


def test_a_job_that_pbs_runs_again_after_a_lost_node_leaves_to_its_successor(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    pbs = start_pbs(submit_from_jobs=True, delays=replace(HURRIED, node_fail_requeue_s=6.0))
    study = started(tmp_path, step_s=0.1, partitions=queue("5s"), **AGAIN)
    pbs.kill_node("cn1")
    study.await_that(lambda: re.search(LEAVING, study.output()), "the job to run again")
    study.await_states("done")
    assert_unbroken(study)
    made = [record.successor_of for record in study.records]
    assert made == [None, *range(1, len(made))]
    assert study.attempts() == [len(made)]


def test_a_cancelled_cell_has_no_successor(start_pbs: StartPbs, tmp_path: Path) -> None:
    start_pbs(submit_from_jobs=True)
    study = started(tmp_path, **AGAIN)
    assert study.cancel() == 0
    study.await_states("stopped")
    assert len(study.records) == 1


def test_a_job_killed_before_it_has_written_its_successor_down_leaves_the_cell_to_the_next_command(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    programs = qsub_in_jobs(pbs, tmp_path / "programs", "", "kill -KILL $PPID")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    study = started(tmp_path, step_s=0.1, steps=40, partitions=queue("4s"), **AGAIN)
    study.await_states("stopped")
    called = [call for call in pbs.counting.calls("qsub") if call.job_id]
    assert (len(called), len(study.records)) == (1, 1)
    study.write_profile(**sabarmati(partitions=queue("1h"), **AGAIN))
    assert study.resume() == 0
    study.await_states("done")
    # The job that nobody has written down waits for its record, and has touched nothing.
    study.await_that(lambda: len(run_command(["qstat"]).splitlines()) == 2 + 1, "it alone")
    assert study.attempts() == [2]
    assert [record.successor_of for record in study.records] == [None, None]
    assert_unbroken(study)


def test_a_cancel_while_the_next_job_is_submitted_stops_both(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    store = tmp_path / "my study" / "store"
    cancel = shlex.join([sys.executable, "-m", "hpcmlff.cancel", str(store)])
    programs = qsub_in_jobs(pbs, tmp_path / "programs", "", f"{cancel} >/dev/null 2>&1")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    study = started(tmp_path, step_s=0.1, partitions=queue("5s"), **AGAIN)
    study.await_that(lambda: not run_command(["qstat"]), "the queue to be empty")
    assert study.states() == ["stopped"]
    assert len([call for call in pbs.counting.calls("qsub") if call.job_id]) == 1
    assert study.attempts() == [1]

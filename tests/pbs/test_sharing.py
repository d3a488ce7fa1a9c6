"""Cells that share jobs on a fake PBS: each goes on as the profile says, until it is done."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from cluster.study import SIZE, Study
from cluster.unbroken import assert_unbroken, history
from pbs.conftest import StartPbs
from pbs.pbs_study import AGAIN, pbs_study, queue

from hpcmlff.executors.commands import run_command
from hpcmlff.files import read_json
from hpcmlff.store.headers import is_done
from hpcmlff.testing.fake_pbs import HURRIED, FakePbs


def shared_study(folder: Path, cells_per_job: int, **given: Any) -> Study:
    """Return a study whose cells share jobs."""
    [one] = queue("1h")
    partitions = [{**one, "cells_per_job": cells_per_job}]
    return pbs_study(folder, **{"partitions": partitions, "grace": "30s", **given})


def submitted(study: Study, *steps_s: float) -> None:
    """Submit a cell for each duration of a step; wait until the first is done, the rest trains."""
    axes = {"model": ["mean"], "size": [SIZE], "seed": [0], "mean.step_s": list(steps_s)}
    study.write_grid(axes=axes, models={"mean": {"steps": SIZE}})
    assert study.submit() == 0
    first, *rest = map(study.store.cell, study.cells)
    study.await_that(lambda: is_done(first), "the first cell")
    for cell in rest:
        study.await_that(cell.attempt(1).progress.exists, "the others to begin")


def test_a_killed_cell_leaves_its_neighbours_alone_and_is_resumed(
    pbs: FakePbs, tmp_path: Path
) -> None:
    study = shared_study(tmp_path, 2, seeds=range(3), step_s=0.1)
    assert study.submit() == 0
    assert study.records[0].elements == 2
    assert "Resource_List.ncpus = 2\n" in run_command(["qstat", "-f", study.jobs[0]])
    study.await_progress()
    pid = read_json(study.attempt(1).start)["process"]["pid"]
    os.kill(pid, signal.SIGKILL)
    study.await_that(lambda: study.end(1), "the end to be written down")
    assert study.standings()[0].reason == "its process was killed"
    assert study.resume() == 0
    assert study.records[1].cells == (study.cells[0].id,)
    assert study.records[1].placement["cpus"] == 1
    study.await_states("done", "done", "done")
    assert study.attempts() == [2, 1, 1]
    assert_unbroken(study)


def test_a_job_asked_to_stop_submits_one_for_exactly_the_cells_that_are_not_done(
    start_pbs: StartPbs, tmp_path: Path
) -> None:
    pbs = start_pbs(submit_from_jobs=True)
    study = shared_study(tmp_path, 3, **AGAIN)
    submitted(study, 0.0, 0.3, 0.35)
    # What a job's own clock does at the end of its time.
    run_command(["qsig", "-s", "SIGUSR2", study.jobs[0]])

    def done_though_resumed() -> bool:
        assert study.resume() == 0
        return study.states() == ["done"] * 3

    study.await_that(done_though_resumed, "the cells")
    first, second = study.records
    done, *others = (cell.id for cell in study.cells)
    assert (first.cells, second.cells) == ((done, *others), tuple(others))
    assert second.successor_of == first.number
    assert (first.placement["cpus"], second.placement["cpus"]) == (3, 2)
    assert [call.job_id for call in pbs.counting.calls("qsub")] == [None, "0.pbslab"]
    assert study.attempts() == [1, 2, 2]
    assert [len(history(study, cell)) for cell in study.cells] == [1, 2, 2]
    assert_unbroken(study)


def test_what_is_left_of_a_chain_takes_the_unfinished_cells_only(
    pbs: FakePbs, tmp_path: Path
) -> None:
    study = shared_study(tmp_path, 2, requeue="chain", chain_length=2)
    submitted(study, 0.0, 0.3)
    run_command(["qsig", "-s", "SIGUSR2", study.jobs[0]])
    study.await_states("done", "done")
    assert study.attempts() == [1, 2]
    assert_unbroken(study)


def test_a_cancelled_job_stops_all_of_its_cells(start_pbs: StartPbs, tmp_path: Path) -> None:
    start_pbs(delays=replace(HURRIED, kill_s=20.0))
    study = shared_study(tmp_path, 2)
    submitted(study, 0.0, 0.3)
    assert study.cancel() == 0
    study.await_states("done", "stopped")
    assert study.standings()[1].reason == "SIGTERM"
    assert study.resume() == 0
    study.await_states("done", "done")
    assert study.attempts() == [1, 2]
    assert_unbroken(study)

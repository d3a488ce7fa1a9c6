"""Cells that share a job on a real Slurm."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from cluster.slurm import SlurmCluster
from cluster.study import SIZE, make_study
from cluster.unbroken import assert_unbroken, history

from hpcmlff.files import read_json
from hpcmlff.store.headers import is_done


def test_an_array_of_jobs_of_several_cells_trains_each_once(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    resources = [{"cells_per_job": 4, "cpus": 1, "mem_gb": 1.5}]
    study = make_study(tmp_path, seeds=range(10), resources=resources, step_s=0.02)
    assert study.submit() == 0
    [record] = study.records
    assert (record.elements, record.cells_per_element) == (3, 4)
    study.await_progress()
    facts = slurm.job(f"{study.jobs[0]}_0")
    assert facts["TRES"] == "cpu=4,mem=6G,node=1,billing=4"
    study.await_states(*["done"] * 10)
    study.await_end()
    assert study.attempts() == [1] * 10
    assert_unbroken(study)


def test_a_job_put_back_goes_on_with_exactly_the_cells_that_are_not_done(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, profile={"grace": "30s"})
    axes = {"model": ["mean"], "size": [SIZE], "seed": [0], "mean.step_s": [0.2, 0.25, 0.3, 0.0]}
    models = {"mean": {"steps": SIZE}}
    study.write_grid(axes=axes, models=models, resources=[{"cells_per_job": 4}])
    assert study.submit() == 0
    study.await_that(lambda: is_done(study.store.cell(study.cells[3])), "the last cell")
    study.await_checkpoint()
    os.kill(read_json(study.attempt(1).start)["process"]["pid"], signal.SIGKILL)
    study.await_states("stopped", "running", "running", "done")
    assert study.standings()[0].reason == "its process was killed"
    [job] = study.jobs
    slurm.interrupt(job)
    slurm.wait_for(job, "PENDING")
    assert study.states() == ["queued", "queued", "queued", "done"]
    slurm.release(job)
    study.await_states(*["done"] * 4)
    assert study.jobs == [job]
    assert study.attempts() == [2, 2, 2, 1]
    for cell in study.cells[:3]:
        before, after = history(study, cell)
        assert before[1] == after[0] > 0
    assert_unbroken(study)

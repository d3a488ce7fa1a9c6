"""Why cells ended on a real Slurm, and what follows by the rules."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import SIZE, Study, make_study
from cluster.unbroken import assert_unbroken
from diagnosis.mischief import write_plug_in

from hpcmlff.diagnosis import diagnosed
from hpcmlff.files import read_json

STEP_S = 0.07


def causes(study: Study) -> list[tuple[int, str]]:
    """Return number and cause of the first cell's attempts, the oldest first."""
    return [(one.attempt, one.cause.value) for one in reversed(_diagnoses(study))]


def evidence(study: Study, attempt: int) -> str:
    return "\n".join(next(one for one in _diagnoses(study) if one.attempt == attempt).evidence)


def _diagnoses(study: Study) -> tuple[Any, ...]:
    return diagnosed(study.store, study.cells[0])


def glutton(folder: Path, monkeypatch: pytest.MonkeyPatch, **profile: Any) -> Study:
    """Write a study of a cell that needs 0.7 GiB and asks for 0.5."""
    plug_in = write_plug_in(folder / "plug-in")
    monkeypatch.syspath_prepend(plug_in)
    setup = [f"export PYTHONPATH='{plug_in}'"]
    study = make_study(folder, profile={"setup": setup, **profile})
    study.write_grid(
        axes={"model": ["glutton"], "size": [SIZE], "seed": [0]},
        models={"glutton": {"eaten_gb": 0.7, "steps": 100, "step_s": 0.1}},
        resources=[{"mem_gb": 0.5}],
    )
    return study


@pytest.mark.parametrize(("cluster", "accounting"), [("slurm", True), ("bare_slurm", False)])
def test_a_cell_that_slurm_kills_for_its_memory_gets_more(
    cluster: str,
    accounting: bool,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request.getfixturevalue(cluster)
    study = glutton(tmp_path, monkeypatch, accounting=accounting)
    assert study.submit() == 0
    study.await_states("stopped")
    assert study.standings()[0].reason.endswith("; goes on with 1 GiB")
    assert causes(study) == [(1, "out of memory")]
    assert "xceeded" in evidence(study, 1)
    assert "memory limit" in evidence(study, 1)
    assert study.resume() == 0
    study.await_states("done")
    assert [record.placement["mem_gb"] for record in study.records] == [0.5, 1.0]
    assert causes(study) == [(1, "out of memory"), (2, "finished")]


def test_a_lost_node_and_a_preemption_are_told_apart_though_the_same_job_goes_on(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    partitions = [{"name": "vega-low", "cpus": 8, "mem_gb": 64, "walltime": "1h"}]
    study = make_study(tmp_path, profile={"partitions": partitions}, step_s=4 * STEP_S)
    assert study.submit() == 0
    study.await_checkpoint()
    [job] = study.jobs
    slurm.kill_node(slurm.job(job)["NodeList"])
    slurm.release(job)
    study.await_checkpoint(2)
    # While the job lives nobody has been asked: what came afterwards tells.
    assert causes(study) == [(1, "node lost")]
    node = slurm.job(job)["NodeList"]
    taken = ["-p", "vega-urgent", "-w", node, "--exclusive", "-o", "/dev/null"]
    slurm.wait_for(slurm.submit(*taken, "--wrap=true"), "COMPLETED")
    slurm.release(job)
    study.await_states("done")
    study.await_end()
    study.await_that(lambda: study.states() and study.records[0].ended, "accounting")
    assert causes(study) == [(1, "node lost"), (2, "preempted"), (3, "finished")]
    assert "Slurm: NODE_FAIL" in evidence(study, 1)
    # Whichever comes first: Slurm's own requeue, or the one that the warned job asks for.
    assert re.search("Slurm: (PREEMPTED|REQUEUED)", evidence(study, 2))
    assert study.jobs == [job]
    assert_unbroken(study)


def test_a_process_killed_by_hand_is_unknown_with_what_slurm_says(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, step_s=STEP_S)
    assert study.submit() == 0
    study.await_checkpoint()
    os.kill(read_json(study.attempt(1).start)["process"]["pid"], signal.SIGKILL)
    study.await_states("stopped")
    study.await_that(lambda: study.states() and study.records[0].ended, "accounting")
    assert causes(study) == [(1, "unknown")]
    assert "(SIGKILL)" in evidence(study, 1)
    assert "of 4 GiB in use" in evidence(study, 1)
    assert study.resume() == 0
    study.await_states("done")
    assert causes(study) == [(1, "unknown"), (2, "finished")]


def test_cells_that_scancel_and_cancel_end_were_cancelled(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    study = make_study(tmp_path, step_s=STEP_S)
    assert study.submit() == 0
    study.await_log("training from step 0")
    slurm.run("scancel", *study.jobs)
    study.await_states("stopped")
    assert causes(study) == [(1, "cancelled")]
    assert study.resume() == 0
    study.await_log("training from step", attempt=2)
    assert study.cancel() == 0
    study.await_states("stopped")
    assert causes(study) == [(1, "cancelled"), (2, "cancelled")]
    assert "the job was cancelled by a command" in evidence(study, 2)

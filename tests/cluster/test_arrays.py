"""Grids as job arrays: every cell is trained once and scored as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from cluster.slurm import SlurmCluster
from cluster.study import make_study
from cluster.unbroken import assert_unbroken

from hpcmlff.results import result_rows

VEGA = {"name": "vega", "cpus": 8, "mem_gb": 64, "gpus": 4, "gpu_kind": "a100"}


def test_an_array_of_200_cells_is_trained_by_one_job(slurm: SlurmCluster, tmp_path: Path) -> None:
    study = make_study(tmp_path, profile={"running_cap": 24}, seeds=range(200))
    assert study.submit() == 0
    [job] = study.jobs
    study.await_end()
    assert study.states() == ["done"] * 200
    assert study.attempts() == [1] * 200
    assert study.jobs == [job]
    assert_unbroken(study)
    rows = result_rows(study.store, study.store.current_grid())
    assert rows["state"].tolist() == ["done"] * 200
    assert rows["energy_rmse_kcal_mol"].nunique() == 200


def test_cells_beyond_the_cap_of_an_array_become_several_arrays(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = make_study(tmp_path, profile={"array_cap": 3}, seeds=range(7))
    assert study.submit() == 0
    assert "array of 3 cells on sabarmati" in capsys.readouterr().err
    study.await_states(*["done"] * 7)
    assert [len(record.cells) for record in study.records] == [2, 2, 3]
    assert len(set(study.jobs)) == 3
    assert study.attempts() == [1] * 7
    assert_unbroken(study)


def test_a_failing_cell_does_not_harm_the_others_and_is_tried_again_only_if_asked(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    axes = {"model": ["mean", "schnet"], "size": [20], "seed": [0]}
    short = {"schnet": {"features": 8, "interactions": 1, "gaussians": 5, "steps": 10}}
    study = make_study(tmp_path, profile={"partitions": [VEGA | {"walltime": "1h"}]})
    # The nodes' GPUs are there for Slurm only; torch finds none.
    study.write_grid(axes=axes, models=short, resources=[{"gpus": 1}])
    assert study.submit() == 0
    study.await_states("done", "failed")
    assert "torch finds none" in study.standings()[1].reason
    assert_unbroken(study, study.cells[0])
    capsys.readouterr()
    assert study.submit() == 0
    assert "nothing to train" in capsys.readouterr().err
    study.write_grid(axes=axes, models=short)
    assert study.submit("--retry-failed", "--wait") == 0
    assert study.states() == ["done", "done"]
    assert study.attempts() == [1, 2]
    assert len(study.jobs) == 2


def test_without_srun_and_in_a_folder_with_spaces_and_quotes(
    bare_slurm: SlurmCluster, tmp_path: Path
) -> None:
    profile = {"use_srun": False, "accounting": False}
    study = make_study(tmp_path / 'it\'s a "new" $study', profile=profile, seeds=[0, 1])
    assert study.submit("--wait") == 0
    assert study.attempts() == [1, 1]
    assert_unbroken(study)


@pytest.mark.parametrize("name", ["two words", 'it\'s "quoted" $HOME', "per%cent"])
def test_a_folder_may_have_any_name(slurm: SlurmCluster, tmp_path: Path, name: str) -> None:
    study = make_study(tmp_path / name)
    assert study.submit("--wait") == 0
    assert_unbroken(study)
    assert "Starting with JobEnvironment" in study.output()


def test_cells_can_be_submitted_from_inside_of_a_job(slurm: SlurmCluster, tmp_path: Path) -> None:
    study = make_study(tmp_path, seeds=[0, 1])
    outer = ["salloc", "-p", "vega", "-n", "1", "-c", "2", "--mem=3G", "--time=7", "--gres=gpu:1"]
    slurm.run(*outer, *study.submit_words(), timeout_s=240)
    study.await_states("done", "done")
    facts = slurm.job(study.jobs[0])
    assert (facts["Partition"], facts["NumCPUs"], facts["TimeLimit"]) == (
        "sabarmati",
        "1",
        "01:00:00",
    )
    assert "gpu" not in facts["TRES"]
    assert_unbroken(study)


def test_what_a_cell_asks_for_is_what_its_job_gets(slurm: SlurmCluster, tmp_path: Path) -> None:
    study = make_study(
        tmp_path,
        profile={"partitions": [VEGA | {"walltime": "2h"}], "setup": ["export GREETING=hello"]},
        resources=[{"cpus": 3, "mem_gb": 2.5, "gpus": 2, "walltime": "90m"}],
        step_s=0.05,
    )
    assert study.submit() == 0
    study.await_progress()
    facts = slurm.job(study.jobs[0])
    assert facts["TRES"] == "cpu=3,mem=2.50G,node=1,billing=3,gres/gpu=2"
    assert (facts["Partition"], facts["TimeLimit"]) == ("vega", "01:30:00")
    study.await_states("done")
    assert_unbroken(study)


def test_what_a_cell_leaves_open_is_what_its_model_estimates(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    auto = [{"mem_gb": "auto", "walltime": "auto"}]
    study = make_study(tmp_path, resources=auto, steps=60, step_s=5.0)
    assert study.submit() == 0
    study.await_progress()
    facts = slurm.job(study.jobs[0])
    assert (facts["TRES"], facts["TimeLimit"]) == ("cpu=1,mem=512M,node=1,billing=1", "00:15:00")
    assert study.cancel() == 0
    study.await_end()


def test_the_rates_of_a_network_serve_the_next_submission(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = {"schnet": {"features": 8, "interactions": 1, "gaussians": 5, "steps": 60}}
    study = make_study(tmp_path)
    study.write_grid(axes={"model": ["schnet"], "size": [20], "seed": [0]}, models=short)
    assert study.submit("--wait") == 0
    assert "times: by default figures for schnet\n" in capsys.readouterr().err
    study.write_grid(axes={"model": ["schnet"], "size": [20, 30], "seed": [0]}, models=short)
    assert study.submit("--wait") == 0
    assert "times: measured here for schnet\n" in capsys.readouterr().err

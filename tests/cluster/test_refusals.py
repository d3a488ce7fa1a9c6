"""What Slurm or the profile refuses is told in their words, and nothing is half-submitted."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster.options import ACCOUNT
from cluster.slurm import SlurmCluster
from cluster.study import make_study
from cluster.unbroken import assert_unbroken

SABARMATI = {"name": "sabarmati", "cpus": 16, "mem_gb": 128, "walltime": "1h"}
NO_VEGAS = "sbatch: error: invalid partition specified: vegas"
FAILED = "sbatch: error: Batch job submission failed: "


def test_a_cell_that_no_partition_holds_is_refused_before_anything_is_written(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ever = ("squeue", "-h", "--states=all", "-o", "%i")
    before = slurm.run(*ever)
    study = make_study(tmp_path, resources=[{"cpus": 17, "mem_gb": 2.0}])
    assert study.submit() == 3
    assert capsys.readouterr().err.endswith(
        f"error: {study.grid}:19: resources: mean/springs/n60 asks for 17 cpus, 0 gpus, 2 GiB, "
        "any walltime; no partition of the profile 'study' offers that:\n"
        "  sabarmati: 16 cpus, 0 gpus, 128 GiB, 1 h. Ask for less, or change the profile\n"
    )
    assert not (tmp_path / "store").exists()
    assert slurm.run(*ever) == before


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"account": "physics"},
            f"{FAILED}Invalid account or account/partition combination specified",
        ),
        ({"qos": "long"}, f"{FAILED}Invalid qos specification"),
        (
            {"partitions": [SABARMATI | {"name": "vegas"}]},
            f"{NO_VEGAS}\n{FAILED}Invalid partition name specified",
        ),
        (
            {"partitions": [SABARMATI | {"walltime": "73h"}]},
            f"{FAILED}Requested time limit is invalid (missing or exceeds some limit)",
        ),
    ],
    ids=["account", "qos", "partition", "walltime"],
)
def test_what_sbatch_refuses_is_told_in_its_words_and_can_be_put_right(
    slurm: SlurmCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: dict[str, object],
    words: str,
) -> None:
    study = make_study(tmp_path, profile=wrong, seeds=[0, 1])
    assert study.submit() == 5
    shown = capsys.readouterr().err
    assert shown.partition("requeue\n")[2] == f"error: {words}\n"
    assert slurm.run("squeue", "-h") == ""
    assert study.jobs == []
    assert study.states() == ["pending", "pending"]
    assert list(study.store.layout.private.iterdir()) == []
    study.write_profile()
    assert study.submit("--wait") == 0
    assert_unbroken(study)


def test_what_was_taken_before_a_refusal_is_taken_back(
    slurm: SlurmCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partitions = [SABARMATI | {"cpus": 1}, SABARMATI | {"name": "vegas"}]
    two_kinds = [{"when": {"seed": 1}, "cpus": 2}]
    study = make_study(
        tmp_path,
        profile={"partitions": partitions},
        seeds=[0, 1],
        step_s=0.1,
        resources=two_kinds,
    )
    assert study.submit() == 5
    assert f"error: {NO_VEGAS}" in capsys.readouterr().err
    assert len(study.jobs) == 1
    study.await_end()
    assert set(study.states()) <= {"pending", "stopped"}
    study.write_profile()
    assert study.submit("--wait") == 0
    assert_unbroken(study)


@pytest.fixture
def three_jobs_at_most(slurm: SlurmCluster) -> Iterator[None]:
    """Let the user have no more than three jobs or elements."""
    who = ("where", f"name={getpass.getuser()}", f"account={ACCOUNT}", "set")
    slurm.run("sacctmgr", "-i", "modify", "user", *who, "MaxSubmitJobs=3")
    yield
    slurm.run("sacctmgr", "-i", "modify", "user", *who, "MaxSubmitJobs=-1")


def test_where_a_limit_is_reached_the_rest_is_left_for_later(
    slurm: SlurmCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    three_jobs_at_most: None,
) -> None:
    study = make_study(tmp_path, profile={"array_cap": 2}, seeds=range(4))
    assert study.submit() == 0
    shown = capsys.readouterr().err
    assert "submitted 2 cells (2 mean/springs) as job " in shown
    assert (
        "the rest was not taken for now: sbatch: error: AssocMaxSubmitJobLimit\n"
        "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy"
    ) in shown
    assert f"once there is room, next: python -m hpcmlff.resume {study.store.path}\n" in shown
    study.await_states("done", "done", "pending", "pending")
    study.await_end()
    assert study.resume("--wait") == 0
    assert study.attempts() == [1, 1, 1, 1]
    assert_unbroken(study)


def test_a_limit_that_lets_nothing_in_is_an_error(
    slurm: SlurmCluster,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    three_jobs_at_most: None,
) -> None:
    study = make_study(tmp_path, seeds=range(4))
    assert study.submit() == 5
    assert "error: sbatch: error: AssocMaxSubmitJobLimit" in capsys.readouterr().err
    assert study.states() == ["pending"] * 4

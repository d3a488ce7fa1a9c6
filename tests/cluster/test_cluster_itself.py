"""The private cluster behaves as a site's does."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import psutil
import pytest
from cluster.belongings import job_processes
from cluster.interrupted import catcher, sleeper, starts
from cluster.options import PARTITIONS
from cluster.slurm import SlurmCluster, SlurmError


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still does something."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def is_said(cluster: SlurmCluster, answer: str, *command: str) -> bool:
    """Tell whether a command answers so."""
    return cluster.run(*command) == answer


def test_a_job_runs_on_each_partition_and_sacct_knows_its_end(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    for partition in PARTITIONS:
        job = slurm.submit(
            "-p", partition.name, "-o", f"{tmp_path}/out", "--wrap=echo $SLURMD_NODENAME; exit 3"
        )
        slurm.wait_for(job, "FAILED")
        assert (tmp_path / "out").read_text(encoding="utf-8").startswith(partition.nodes)
        query = ("sacct", "-n", "-X", "-P", "-j", job, "-o", "State,ExitCode,Account")
        slurm.wait_until(partial(is_said, slurm, "FAILED|3:0|chem\n", *query), what="sacct")


def test_an_array_as_large_as_the_limit_runs_and_a_larger_one_is_refused(
    bare_slurm: SlurmCluster, tmp_path: Path
) -> None:
    job = bare_slurm.submit(
        "-o",
        "/dev/null",
        "--array=0-1000%50",
        "--mem=1",
        f"--wrap=echo >{tmp_path}/$SLURM_ARRAY_TASK_ID",
    )
    bare_slurm.wait_until(lambda: len(list(tmp_path.iterdir())) >= 20, what="20 elements to run")
    assert bare_slurm.state(f"{job}_1000") == "PENDING"
    with pytest.raises(SlurmError, match="Invalid job array specification"):
        bare_slurm.submit("--array=0-1001", "--wrap=true")


def test_a_job_sees_the_gpus_it_asked_for(bare_slurm: SlurmCluster, tmp_path: Path) -> None:
    out = tmp_path / "out"
    job = bare_slurm.submit(
        "-o", str(out), "--gres=gpu:a100:2", "--wrap=echo $CUDA_VISIBLE_DEVICES"
    )
    bare_slurm.wait_for(job, "COMPLETED")
    assert out.read_text(encoding="utf-8") == "0,1\n"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("--partition=vegas", "invalid partition specified: vegas"),
        ("--time=49:00:00", "Requested time limit is invalid"),
        ("--cpus-per-task=17", "CPU count per node can not be satisfied"),
        ("--mem=65G", "Memory specification can not be satisfied"),
        ("--gres=gpu:5", "Requested node configuration is not available"),
        ("--account=physics", "Invalid account or account/partition combination specified"),
        ("--qos=long", "Invalid qos specification"),
    ],
)
def test_what_no_node_or_account_has_is_refused(
    slurm: SlurmCluster, asked: str, answer: str
) -> None:
    with pytest.raises(SlurmError, match=answer):
        slurm.submit(asked, "--wrap=true")


def test_a_killed_node_ends_its_jobs_and_they_run_again_once_released(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    job = sleeper(slurm, tmp_path, "-p", "aneesur")
    slurm.wait_until(lambda: starts(tmp_path) == ["aneesur1"], what="the job to start")
    running = job_processes(slurm.place, "aneesur1")
    assert [process.name() for process in running].count("sleep") == 2
    slurm.kill_node("aneesur1")
    assert not any(is_alive(process) for process in running)
    slurm.wait_for(job, "PENDING")
    assert slurm.node_state("aneesur1").startswith("down")
    slurm.revive_node("aneesur1")
    slurm.release(job)
    slurm.wait_until(lambda: starts(tmp_path) == ["aneesur1"] * 2, what="the job to start again")


def test_a_signal_reaches_the_batch_script(bare_slurm: SlurmCluster, tmp_path: Path) -> None:
    script = catcher(tmp_path)
    job = bare_slurm.submit("-o", "/dev/null", f"--wrap={script}")
    bare_slurm.wait_until((tmp_path / "armed").exists, what="the trap")
    bare_slurm.interrupt(job, "USR2", batch=True)
    bare_slurm.wait_for(job, "COMPLETED")
    assert (tmp_path / "got").read_text(encoding="utf-8") == "USR2\n"


def test_an_urgent_job_preempts_a_low_one_which_is_requeued(
    slurm: SlurmCluster, tmp_path: Path
) -> None:
    low = sleeper(slurm, tmp_path, "-p", "vega-low", "-w", "vega2", "--exclusive")
    slurm.wait_until(lambda: starts(tmp_path) == ["vega2"], what="the low job to start")
    urgent = slurm.submit("-p", "vega-urgent", "-w", "vega2", "-o", "/dev/null", "--wrap=true")
    slurm.wait_for(urgent, "COMPLETED")
    slurm.release(low)
    slurm.wait_until(lambda: starts(tmp_path) == ["vega2"] * 2, what="the low job to start again")


def test_a_preempted_job_gets_the_signal_it_asked_for(
    signalling_slurm: SlurmCluster, tmp_path: Path
) -> None:
    script = catcher(tmp_path)
    signalling_slurm.submit(
        *("-p", "vega-low", "-w", "vega2", "--exclusive", "-o", "/dev/null"),
        "--signal=B:USR2@60",
        f"--wrap={script}",
    )
    signalling_slurm.wait_until((tmp_path / "armed").exists, what="the trap")
    signalling_slurm.submit("-p", "vega-urgent", "-w", "vega2", "-o", "/dev/null", "--wrap=true")
    signalling_slurm.wait_until((tmp_path / "got").exists, what="the signal")


def test_calls_are_counted_on_the_login_node_and_in_jobs(
    bare_slurm: SlurmCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bare_slurm.counting_environment().items():
        monkeypatch.setenv(name, value)
    command = ["sbatch", "--parsable", "-o", f"{tmp_path}/out", "--wrap=squeue -h; sinfo"]
    job = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    bare_slurm.wait_for(job, "COMPLETED")
    seen = [(call.command, call.job_id) for call in bare_slurm.calls()]
    assert seen == [("sbatch", None), ("squeue", job), ("sinfo", job)]
    assert bare_slurm.count("sbatch") == 1

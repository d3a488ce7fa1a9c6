"""Profiles beside a real cluster, with the job that tries them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cluster.slurm import SlurmCluster

from hpcmlff.errors import ProfileError
from hpcmlff.executors.recognition import choose_profile
from hpcmlff.profiles.__main__ import main

HEARD = "heard USR2, TERM, and was requeued"
Check = Callable[..., tuple[int, dict[str, Any], str]]

PROFILE = """\
name: mine
scheduler: slurm
recognise: {hosts: ["*"]}
partitions:
  - {name: vega, cpus: 8, mem_gb: 64, gpus: 4, gpu_kind: a100, walltime: 48h}
  - {name: aneesur, cpus: 4, mem_gb: 8, walltime: 12h}
account: chem
qos: normal
array_cap: 1001
grace: 5s
poll_interval: 30s
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HPCMLFF_PROFILES", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(place: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Return a function that checks a profile: exit code, findings, what was said."""

    def run(*changes: tuple[str, str], wait_s: int = 60) -> tuple[int, dict[str, Any], str]:
        text = PROFILE
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (place / "mine.yaml").write_text(text)
        capsys.readouterr()
        code = main(["check", "mine.yaml", "--json", "--wait", str(wait_s)])
        told = capsys.readouterr()
        return code, json.loads(told.out), told.err

    return run


def keys(found: dict[str, Any], severity: str = "error") -> list[str]:
    return [one["key"] for one in found["differences"] if one["severity"] == severity]


def nothing_is_left(cluster: SlurmCluster, place: Path) -> bool:
    return not cluster.run("squeue", "-h") and not list(place.glob("hpcmlff-check-*"))


def detect_and_check(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    assert main(["detect", "-o", "cluster_profiles/found.yaml"]) == 0
    capsys.readouterr()
    code = main(["check", "found"])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_detected_profile_fits_and_a_job_can_do_all(
    slurm: SlurmCluster, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = detect_and_check(capsys)
    assert (code, out.count("error: ")) == (0, 0), out
    assert out.splitlines()[-1] == "the profile fits"
    assert HEARD in err
    assert nothing_is_left(slurm, place)


def test_a_detected_profile_fits_without_accounting(
    bare_slurm: SlurmCluster, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = detect_and_check(capsys)
    assert (code, out.count("error: ")) == (0, 0), out
    assert HEARD in err
    assert "accounting: false" in (place / "cluster_profiles" / "found.yaml").read_text()
    assert nothing_is_left(bare_slurm, place)


@pytest.mark.parametrize("use_srun", ["true", "false"])
def test_signals_reach_a_job_with_and_without_srun(
    slurm: SlurmCluster, place: Path, check: Check, use_srun: str
) -> None:
    code, found, said = check(("grace: 5s", f"grace: 5s\nuse_srun: {use_srun}"))
    assert (code, found["differences"]) == (0, [])
    assert HEARD in said
    assert nothing_is_left(slurm, place)


def test_each_of_seven_wrong_things_is_reported(
    slurm: SlurmCluster, place: Path, check: Check
) -> None:
    code, found, _ = check(
        ("name: vega, cpus: 8, mem_gb: 64, gpus: 4", "name: vega, cpus: 9, mem_gb: 65, gpus: 5"),
        ("48h", "49h"),
        ("name: aneesur", "name: anesur"),
        ("qos: normal", "qos: premium"),
        ("array_cap: 1001", "array_cap: 1002"),
    )
    assert code == 1
    assert keys(found) == [
        "partitions.0.walltime",
        "partitions.0.cpus",
        "partitions.0.mem_gb",
        "partitions.0.gpus",
        "partitions.1.name",
        "qos",
        "array_cap",
        "partitions.0",
    ]
    refused = found["differences"][-1]["cluster"]
    assert refused == (
        "the probe job was refused: sbatch: error: Batch job submission failed: "
        "Invalid qos specification"
    )
    assert nothing_is_left(slurm, place)


def test_accounting_that_is_not_there_is_reported(bare_slurm: SlurmCluster, check: Check) -> None:
    code, found, _ = check()
    assert (code, keys(found)) == (1, ["accounting"])


def test_a_python_that_is_not_on_the_node_is_reported_with_the_log(
    slurm: SlurmCluster, place: Path, check: Check
) -> None:
    code, found, said = check(("qos: normal", "qos: normal\npython: /nowhere/python"))
    assert (code, keys(found)) == (1, ["python"])
    assert "/nowhere/python" in found["differences"][0]["cluster"]
    assert said.splitlines()[-1] == "the probe job failed"
    assert nothing_is_left(slurm, place)


def test_a_job_that_may_not_requeue_itself_is_reported(
    slurm: SlurmCluster, place: Path, check: Check
) -> None:
    (place / "bin").mkdir()
    refusing = place / "bin" / "scontrol"
    refusing.write_text("#!/bin/sh\necho 'Access/permission denied' >&2\nexit 1\n")
    refusing.chmod(0o755)
    setup = f"setup: ['export PATH={place}/bin:$PATH']"
    code, found, _ = check(("qos: normal", f"qos: normal\n{setup}"))
    assert (code, keys(found)) == (1, ["requeue"])
    assert found["differences"][0]["cluster"] == (
        "the probe job may not requeue itself (refused: Access/permission denied)"
    )
    code, found, _ = check(("qos: normal", f"qos: normal\nrequeue: chain\n{setup}"))
    assert (code, found["differences"]) == (0, [])
    assert nothing_is_left(slurm, place)


def test_a_job_that_does_not_start_in_time_is_a_note_and_is_cancelled(
    slurm: SlurmCluster, place: Path, check: Check
) -> None:
    blocker = slurm.submit("-p", "aneesur", "--exclusive", "-o", "/dev/null", "--wrap=sleep 600")
    slurm.wait_for(blocker, "RUNNING")
    first = "  - {name: vega, cpus: 8, mem_gb: 64, gpus: 4, gpu_kind: a100, walltime: 48h}\n"
    code, found, said = check((first, ""), wait_s=2)
    assert (code, keys(found, "note")) == (0, ["partitions.0"])
    assert "did not start within 2 s" in said
    assert slurm.run("squeue", "-h", "-o", "%i").split() == [blocker]
    assert not list(place.glob("hpcmlff-check-*"))


def test_an_interrupt_cancels_the_probe_job(slurm: SlurmCluster, place: Path) -> None:
    (place / "mine.yaml").write_text(PROFILE)
    node = "--nodelist=vega[1-3]"
    blocker = slurm.submit("-N3", node, "--exclusive", "-o", "/dev/null", "--wrap=sleep 600")
    slurm.wait_for(blocker, "RUNNING")
    command = [sys.executable, "-m", "hpcmlff.profiles", "check", "mine.yaml"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        slurm.wait_until(lambda: len(slurm.run("squeue", "-h").splitlines()) == 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1] == "interrupted"
    assert slurm.run("squeue", "-h", "-o", "%i").split() == [blocker]
    assert not list(place.glob("hpcmlff-check-*"))


def test_a_cluster_without_a_profile_is_not_taken_for_a_local_machine(slurm: SlurmCluster) -> None:
    with pytest.raises(ProfileError, match="no profile recognises this machine, and Slurm runs"):
        choose_profile(None, print)

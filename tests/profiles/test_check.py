from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from profiles.checking import write
from profiles.fakes import FakeSlurm, program

from hpcmlff.profiles.__main__ import main


def test_findings_are_told_for_scripts(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm()
    write(place, ("array_cap: 1001", "array_cap: 2000"))
    assert main(["check", "mine.yaml", "--no-job", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "profile": "mine",
        "path": "mine.yaml",
        "cluster": "the cluster 'vega', Slurm 22.05.8",
        "fits": False,
        "differences": [
            {
                "severity": "error",
                "key": "array_cap",
                "profile": "2000",
                "cluster": "1001 at most (MaxArraySize)",
                "change": "Lower it to 1001",
            }
        ],
    }


def test_a_cluster_profile_cannot_be_checked_elsewhere(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(place)
    assert main(["check", "mine.yaml"]) == 5
    assert capsys.readouterr().err == (
        "error: the profile 'mine' is for slurm, which this machine has not. "
        "Check it on the cluster's login node\n"
    )


def test_a_profile_without_scheduler_is_compared_with_the_machine(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(place, text="name: mine\nscheduler: local\ncpus: 4096\nmem_gb: 1000000\n")
    assert main(["check", "mine.yaml"]) == 1
    title, cpus, memory, last = capsys.readouterr().out.splitlines()
    assert (title, last) == ("profile 'mine' on this machine", "2 to change")
    ours = len(os.sched_getaffinity(0))
    assert cpus == (
        f"error: mine.yaml:3: cpus: profile: 4096; cluster: {ours} for us on this machine. "
        "Lower it, or write auto"
    )
    assert memory.startswith("error: mine.yaml:4: mem_gb: profile: 1e+06; cluster: ")


def test_a_local_profile_on_a_cluster_is_a_note(
    fake_slurm: FakeSlurm, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_slurm()
    assert main(["check", "local"]) == 0
    note = "scheduler: profile: local; cluster: this machine has a scheduler (slurm). "
    assert note in capsys.readouterr().out
    program(place, "sinfo", "echo 'Unable to contact' >&2; exit 1")
    assert main(["check", "local"]) == 0
    assert "has a scheduler (sinfo: Unable to contact)" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["list"], ["check", "mine.yaml", "--no-job"], ["detect"]])
def test_no_engine_is_imported(fake_slurm: FakeSlurm, place: Path, arguments: list[str]) -> None:
    fake_slurm()
    write(place)
    code = (
        "import sys\nfrom hpcmlff.profiles.__main__ import main\nmain(sys.argv[1:])\n"
        "heavy = {'torch', 'schnetpack', 'sgdml', 'numba', 'numpy', 'submitit'}\n"
        "print('loaded:', *sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "loaded:"

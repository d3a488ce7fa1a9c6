from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.executors.base import Work
from hpcmlff.executors.slurm_script import parameters, python_command, render
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, profile_from

CPU = {"name": "cpu", "cpus": 16, "mem_gb": 64.0, "walltime": "48h"}
GPU = {**CPU, "name": "gpu", "gpus": 4, "gpu_kind": "a100", "account": "chem-gpu", "qos": "long"}
WORK = Work(
    function="hpcmlff.worker.element:run_element",
    arguments=("/store", 1),
    name="hpcmlff-study-0123456789ab",
    folder=Path("/store/submitit/0123456789ab"),
    elements=1,
    placement=Placement(
        partition="cpu",
        cpus=2,
        gpus=0,
        mem_gb=2.5,
        walltime_s=3601,
        parallel=1,
        cells_per_element=1,
    ),
    grace_s=90,
)


def profile(**changes: Any) -> ClusterProfile:
    facts = {"name": "test", "scheduler": "slurm", "partitions": (CPU, GPU), **changes}
    found = profile_from(facts)
    assert isinstance(found, ClusterProfile)
    return found


def directives(text: str) -> dict[str, str]:
    """Return the options of a script that sbatch reads."""
    lines = [line.removeprefix("#SBATCH --") for line in text.splitlines() if "#SBATCH" in line]
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_a_job_asks_for_what_its_cell_gets() -> None:
    asked = directives(render(profile(), WORK))
    assert asked == {
        "job-name": "hpcmlff-study-0123456789ab",
        "comment": "hpcmlff-study-0123456789ab",
        "partition": "cpu",
        "time": "61",
        "nodes": "1",
        "ntasks-per-node": "1",
        "cpus-per-task": "2",
        "mem": "2560M",
        "open-mode": "append",
        "output": "/store/submitit/0123456789ab/%j_0_log.out",
        "requeue": "",
        "signal": "USR2@90",
    }


def test_an_array_has_an_element_for_each_cell_and_a_cap_on_those_that_run() -> None:
    work = replace(WORK, elements=7, placement=replace(WORK.placement, parallel=3))
    asked = directives(render(profile(), work))
    assert asked["array"] == "0-6%3"
    assert asked["output"] == "/store/submitit/0123456789ab/%A_%a_0_log.out"


def test_gpus_are_named_by_their_kind_and_a_partition_may_have_its_own_account() -> None:
    work = replace(WORK, placement=replace(WORK.placement, partition="gpu", gpus=2))
    asked = directives(render(profile(account="chem", qos="normal"), work))
    assert (asked["gres"], asked["account"], asked["qos"]) == ("gpu:a100:2", "chem-gpu", "long")
    asked = directives(render(profile(account="chem", qos="normal"), WORK))
    assert (asked["account"], asked["qos"]) == ("chem", "normal")
    plain = profile(partitions=({**GPU, "gpu_kind": None},))
    assert directives(render(plain, work))["gres"] == "gpu:2"


def test_a_link_of_a_chain_waits_for_the_job_before() -> None:
    work = replace(WORK, after={"job_id": "63", "elements": 1, "user": "me"})
    assert directives(render(profile(), work))["dependency"] == "afterany:63"


def test_without_srun_python_takes_the_place_of_the_shell_that_gets_the_signal() -> None:
    text = render(profile(use_srun=False), WORK)
    assert directives(text)["signal"] == "B:USR2@90"
    assert "srun" not in text
    assert text.splitlines()[-1].startswith(f"exec {sys.executable} -u -m hpcmlff.worker.boot")
    assert "srun" in render(profile(), WORK)


def test_setup_comes_first_then_scratch_then_threads() -> None:
    setup = ("module load Python/3.11", "source ~/env/bin/activate")
    text = render(profile(setup=setup, scratch="/scratch/$USER"), WORK)
    lines = text.splitlines()
    first = lines.index("module load Python/3.11")
    assert lines[first + 1 : first + 5] == [
        "source ~/env/bin/activate",
        'export TMPDIR="/scratch/$USER"',
        'mkdir -p "$TMPDIR"',
        "export PYTHONSAFEPATH=1",
    ]
    assert "export OMP_NUM_THREADS=2" in lines[first + 5 :]


def test_further_options_reach_sbatch_and_may_replace_ours() -> None:
    options = {"constraint": "zen3", "comment": "mine"}
    asked = directives(render(profile(options=options), WORK))
    assert (asked["constraint"], asked["comment"]) == ("zen3", "mine")


def test_the_interpreter_is_the_profiles_or_the_one_that_submits() -> None:
    assert python_command(profile()).split()[0] == sys.executable
    assert python_command(profile(python="~/env/bin/python")) == (
        "~/env/bin/python -u -m hpcmlff.worker.boot"
    )


def test_no_key_of_the_environment_of_who_submits_is_asked_for() -> None:
    assert parameters(profile(), WORK)["wckey"] is None
    assert "wckey" not in render(profile(), WORK)


@pytest.mark.parametrize("name", ["two words", "it's", 'a "quote"', "$HOME `id`"])
def test_a_folder_of_any_name_reaches_python_as_it_is(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    text = render(profile(use_srun=False), replace(WORK, folder=folder))
    command = text.splitlines()[-1]
    # What the shell of a node makes of it.
    shown = f'exec() {{ printf %s "${{@: -1}}"; }}\n{command}'
    done = subprocess.run(["/bin/bash", "-c", shown], capture_output=True, text=True, check=True)
    assert done.stdout == str(folder)

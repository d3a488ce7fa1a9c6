from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.errors import JobRefused
from hpcmlff.executors.base import Work
from hpcmlff.executors.pbs import PbsExecutor
from hpcmlff.executors.pbs_executor import OpenPbsExecutor
from hpcmlff.executors.pbs_refusals import explained, key_of
from hpcmlff.executors.pbs_script import (
    Request,
    Script,
    clock,
    program,
    qsub_arguments,
    safe_name,
    script_text,
    select,
    with_short_name,
)
from hpcmlff.executors.pbs_work import parameters
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import Partition, PbsProfile

PLACE = Placement(
    partition="gpuq",
    cpus=2,
    gpus=1,
    mem_gb=1.5,
    walltime_s=90061,
    parallel=4,
    cells_per_element=1,
)


def profile(**changes: Any) -> PbsProfile:
    queue = {"name": "gpuq", "cpus": 4, "mem_gb": 8.0, "gpus": 1, "walltime": "48h"}
    return PbsProfile.model_validate(
        {"name": "test", "scheduler": "pbs", "partitions": (Partition(**queue),), **changes},
        strict=False,
    )


def work(**changes: Any) -> Work:
    facts: dict[str, Any] = {
        "function": "hpcmlff.testing.executor_jobs:note",
        "arguments": ("/store", 7),
        "name": "hpcmlff-study-0123456789ab",
        "folder": Path("/store/submitit/0123456789ab"),
        "elements": 1,
        "placement": PLACE,
        "grace_s": 30,
        **changes,
    }
    return Work(**facts)


def request(**changes: Any) -> Request:
    facts: dict[str, Any] = {
        "name": "job",
        "select": "1:ncpus=1",
        "walltime_s": 60,
        "folder": Path("/shared/f"),
        **changes,
    }
    return Request(**facts)


def test_qsub_is_asked_for_what_the_work_needs() -> None:
    wanted = profile(
        project="chem",
        account="paid",
        gpu_kind_resource="gpu_model",
        options={"p": "10", "h": "", "group_list": "chem"},
        partitions=[
            {
                "name": "gpuq",
                "cpus": 4,
                "mem_gb": 8.0,
                "gpus": 1,
                "gpu_kind": "a100",
                "walltime": "48h",
            }
        ],
    )
    executor = PbsExecutor("/store/submitit/0123456789ab")
    executor.update_parameters(
        **parameters(wanted, work(elements=9, after={"job_id": "12[]", "elements": 9}))
    )
    command = executor.render(9).splitlines()[1].removeprefix("# qsub ")
    assert command == (
        "-N hpcmlff-study-0123456789ab -q gpuq -P chem -A paid -j oe "
        "-o /store/submitit/0123456789ab/ -r y -m n "
        "-v SUBMITIT_PBS_NAME=hpcmlff-study-0123456789ab -J 0-8%4 "
        "-l select=1:ncpus=2:mem=1536mb:ngpus=1:gpu_model=a100 -l walltime=25:01:01 "
        "-W 'depend=afterany:12[]' -p 10 -h -W group_list=chem -- /bin/bash -l "
        "/store/submitit/0123456789ab/submission_SUBMISSION.sh"
    )


@pytest.mark.parametrize(
    ("changes", "array"),
    [
        ({}, None),
        ({"elements": 1, "parallel": 1}, None),
        ({"elements": 2}, "0-1"),
        ({"elements": 3, "parallel": 3}, "0-2"),
        ({"elements": 3, "parallel": 2}, "0-2%2"),
    ],
)
def test_one_element_is_no_array_and_the_throttle_stands_where_it_is_needed(
    changes: dict[str, Any], array: str | None
) -> None:
    words = qsub_arguments(request(**changes))
    assert (words[words.index("-J") + 1] if "-J" in words else None) == array


@pytest.mark.parametrize(
    ("folder", "output"),
    [
        ("/shared/my folder", "/shared/my folder/"),
        ("/shared/ünusual", "/dev/null"),
        ("/shared/a:b", "/dev/null"),
    ],
)
def test_output_goes_where_qsub_can_be_told(folder: str, output: str) -> None:
    words = qsub_arguments(request(folder=Path(folder), rerunable=False, place="scatter"))
    assert words[words.index("-o") + 1] == output
    assert words[words.index("-r") + 1] == "n"
    assert "place=scatter" in words


def test_values_are_written_as_pbs_reads_them() -> None:
    assert clock(359999) == "99:59:59"
    assert clock(4) == "00:00:04"
    assert select(1, None, 0, {}) == "1:ncpus=1"
    assert safe_name("my job: üb/er") == "my_job_b_er"
    assert safe_name("") == "job"
    assert len(safe_name("x" * 300)) == 230
    short = with_short_name(qsub_arguments(request(name="a_name_longer_than_fifteen")))
    assert short[:2] == ["-N", "a_name_longer_t"]
    assert "SUBMITIT_PBS_NAME=a_name_longer_than_fifteen" in short


@pytest.mark.parametrize(
    ("job_id", "name"), [("87.pbslab", "87"), ("87[4].pbslab", "87_4"), ("87[12].a.b.c", "87_12")]
)
def test_the_script_makes_its_place_and_gives_it_to_its_program(
    tmp_path: Path, job_id: str, name: str
) -> None:
    folder = tmp_path / "it's (a) $folder"
    script = Script(
        command="python3 -c 'import os; print(os.getpid(), os.getcwd())'",
        out=str(folder / "%j_%t.out"),
        err=str(folder / "%A" / "..%j.err"),
        cwd=tmp_path,
        path=os.environ["PATH"],
        umask=0o027,
        walltime_s=3600,
        environment={"WORD": "a 'word'"},
        setup=['echo "$WORD $SUBMITIT_EXECUTOR" >&2'],
    )
    file = tmp_path / "script.sh"
    file.write_text(script_text(script, ["qsub", "-N", "two\nlines"]))
    (folder / name.partition("_")[0]).mkdir(parents=True)
    process = subprocess.Popen(program(file)[1:], env={"PBS_JOBID": job_id}, cwd="/")
    assert process.wait() == 0
    out = folder / f"{name}_0.out"
    assert out.read_text().split() == [str(process.pid), str(tmp_path)]
    assert out.stat().st_mode & 0o777 == 0o640
    error = folder / name.partition("_")[0] / f"..{name}.err"
    assert error.read_text() == "a 'word' pbs\n"


def test_a_dry_run_shows_the_script_without_pbs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    wanted = profile(setup=("module load Python",), scratch="/scratch/$USER", python="python3.11")
    text = OpenPbsExecutor(wanted).render(work(elements=2))
    lines = text.splitlines()
    assert lines[0] == "#!/bin/bash"
    assert lines[1].startswith("# qsub -N hpcmlff-study-0123456789ab -q gpuq ")
    assert "export PATH=/nowhere" in lines
    assert lines.index("module load Python") < lines.index('export TMPDIR="/scratch/$USER"')
    assert "export OMP_NUM_THREADS=2" in lines
    assert "SUBMITIT_PBS_SIGNAL_DELAY_S" not in text
    assert lines[-1] == (
        "exec python3.11 -u -m hpcmlff.worker.boot -u -m submitit.core._submit "
        "/store/submitit/0123456789ab"
    )


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("qsub: Unknown queue", ("partitions", 1, "name")),
        ("qsub: Queue is not enabled", ("partitions", 1, "name")),
        ("qsub: Job violates queue and/or server resource limits", ("partitions", 1)),
        ("qsub: Array job exceeds server or queue size limit", ("array_cap",)),
        ("qsub: Unknown resource Resource_List.nosuchres", ("options",)),
        ("qsub: Unknown resource: ngpus", ("partitions", 1, "gpus")),
        ("qsub: Unknown project", ("project",)),
        ("qsub: Bad UID for job execution", ()),
    ],
)
def test_a_refusal_speaks_of_a_key(words: str, key: tuple[str | int, ...]) -> None:
    assert key_of(words, 1) == key


def test_a_refusal_names_the_profile_where_its_file_is_not_known(tmp_path: Path) -> None:
    refusal = JobRefused("qsub: Unknown queue")
    named = "qsub: Unknown queue. See partitions.0.name of the profile 'test'"
    assert str(explained(refusal, profile(), PLACE)) == named
    removed = profile().read_from(tmp_path / "gone.yaml")
    assert str(explained(refusal, removed, PLACE)) == named
    limit = JobRefused("qsub: Maximum number of jobs already in queue gpuq", limit=True)
    assert explained(limit, profile(), PLACE) is limit

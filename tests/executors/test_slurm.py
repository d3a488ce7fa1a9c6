"""What real clusters cannot be made to do: commands that fail, hang or lie."""

from __future__ import annotations

import getpass
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Put
from submitit.core.utils import DelayedSubmission

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors import slurm_node
from hpcmlff.executors.base import Work
from hpcmlff.executors.commands import run_command
from hpcmlff.executors.slurm import SlurmExecutor
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.spec.states import JobState

ME = getpass.getuser()
JOB = {"job_id": "63", "elements": 3, "user": ME}
SINGLE = {"job_id": "64", "elements": 1, "user": "other"}
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
)


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work(
        function="hpcmlff.worker.element:run_element",
        arguments=("/store", 1),
        name="hpcmlff-study-0123456789ab",
        folder=tmp_path / "submitit" / "0123456789ab",
        elements=3,
        placement=Placement(
            partition="cpu",
            cpus=1,
            gpus=0,
            mem_gb=4.0,
            walltime_s=3600,
            parallel=3,
            cells_per_element=1,
        ),
        grace_s=30,
    )


@pytest.fixture
def slurm(put: Put) -> SlurmExecutor:
    put("srun", "true")
    return SlurmExecutor(PROFILE)


def test_an_array_is_submitted_by_one_call_and_its_pickles_say_what_to_run(
    slurm: SlurmExecutor, put: Put, work: Work
) -> None:
    log = put("sbatch", "echo Submitted batch job 63")
    assert slurm.submit(work) == JOB
    [script] = log.read_text().split()
    assert Path(script).parent == work.folder
    assert work.folder.stat().st_mode & 0o777 == 0o700
    for element in range(3):
        kept = DelayedSubmission.load(work.folder / f"63_{element}_submitted.pkl")
        assert kept.function.__qualname__ == "run_element"
        assert kept.args == ("/store", 1)


def test_a_single_job_is_no_array(slurm: SlurmExecutor, put: Put, work: Work) -> None:
    put("sbatch", "echo Submitted batch job 64")
    job = slurm.submit(replace(work, elements=1))
    assert job == {"job_id": "64", "elements": 1, "user": ME}
    assert (work.folder / "64_submitted.pkl").exists()


def test_a_submission_from_inside_of_a_job_does_not_pass_its_limits_on(
    slurm: SlurmExecutor, put: Put, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = {"SLURM_JOB_ID": "7", "SLURM_MEM_PER_NODE": "1", "SBATCH_TIMELIMIT": "1"}
    for name, value in {**inside, "SLURM_CONF": "/etc/slurm.conf"}.items():
        monkeypatch.setenv(name, value)
    seen = work.folder.parent / "seen"
    put("sbatch", f"env >{shlex.quote(str(seen))}; echo Submitted batch job 63")
    slurm.submit(work)
    names = {line.partition("=")[0] for line in seen.read_text().splitlines()}
    assert not names & set(inside)
    assert "SLURM_CONF" in names
    assert {name: os.environ[name] for name in inside} == inside


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("Invalid account or account/partition combination specified", False),
        ("Invalid job array specification", False),
        ("Job violates accounting/QOS policy (job submit limit, user's size and/or time)", True),
        ("Slurm temporarily unable to accept job, sleeping and retrying", True),
    ],
)
def test_a_refusal_is_told_in_slurms_words_and_leaves_nothing_behind(
    slurm: SlurmExecutor,
    put: Put,
    work: Work,
    capfd: pytest.CaptureFixture[str],
    words: str,
    limit: bool,
) -> None:
    line = f"sbatch: error: Batch job submission failed: {words}"
    put("sbatch", f"echo {shlex.quote(line)} >&2; exit 1")
    with pytest.raises(JobRefused) as caught:
        slurm.submit(work)
    assert (str(caught.value), caught.value.limit) == (line, limit)
    assert not work.folder.exists()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        "Socket timed out on send/recv operation",
        "Unable to contact slurm controller (connect failure)",
        "Zero Bytes were transmitted or received",
    ],
)
def test_after_an_unclear_answer_the_files_stay_for_a_job_that_may_be_there(
    slurm: SlurmExecutor, put: Put, work: Work, words: str
) -> None:
    line = f"sbatch: error: Batch job submission failed: {words}"
    put("sbatch", f"echo '{line}' >&2; exit 1")
    with pytest.raises(SchedulerError) as caught:
        slurm.submit(work)
    assert not isinstance(caught.value, JobRefused)
    assert str(caught.value) == (
        f"it is not known whether Slurm took the job:\n{line}. "
        "Give the same command again: it finds the job or submits it"
    )
    assert work.folder.is_dir()


def test_a_machine_without_slurm_is_told_so(put: Put, work: Work) -> None:
    # Nothing of it is on the PATH, even where it is installed.
    os.environ["PATH"] = os.environ["PATH"].partition(os.pathsep)[0]
    with pytest.raises(JobRefused, match="--profile names another profile"):
        SlurmExecutor(PROFILE).submit(work)
    assert not work.folder.exists()
    with pytest.raises(SchedulerError) as caught:
        run_command(["squeue"])
    assert str(caught.value) == (
        "the command 'squeue' is not on this machine. "
        "Is this a login node of the cluster? --profile names another profile"
    )


def test_all_jobs_are_asked_about_at_once_and_what_is_not_listed_has_ended(
    slurm: SlurmExecutor, put: Put
) -> None:
    log = put("squeue", "echo '63|1|RUNNING'; echo '63|2|PENDING'; echo '65|N/A|RUNNING'")
    assert slurm.states([JOB, SINGLE]) == [
        (JobState.ENDED, JobState.RUNNING, JobState.QUEUED),
        (JobState.ENDED,),
    ]
    users = ",".join(sorted({ME, "other"}))
    assert log.read_text() == f"--user={users} --noheader --array --format=%F|%K|%T\n"


def test_what_cannot_be_asked_is_unknown(slurm: SlurmExecutor, put: Put) -> None:
    put("squeue", "echo '63|0|RUNNING'; echo 'slurm_load_jobs error' >&2; exit 1")
    unknown = JobState.UNKNOWN
    assert slurm.states([JOB, SINGLE]) == [(unknown,) * 3, (unknown,)]


def test_how_jobs_ended_is_asked_once_and_not_told_where_it_cannot_be(
    slurm: SlurmExecutor, put: Put
) -> None:
    log = put("sacct", "echo '63_0|COMPLETED|0:0'; echo '63_2|TIMEOUT|0:0'; echo '64|FAILED|7:0'")
    assert slurm.causes([JOB, SINGLE]) == [
        {0: ("COMPLETED",), 2: ("TIMEOUT",)},
        {0: ("FAILED 7:0",)},
    ]
    assert log.read_text().count("\n") == 1
    put("sacct", "exit 1")
    assert slurm.causes([JOB, SINGLE]) == [{}, {}]


def test_without_accounting_slurms_short_memory_is_asked(put: Put) -> None:
    log = put("squeue", "echo '63|0|FAILED'; echo '63|1|RUNNING'")
    bare = SlurmExecutor(PROFILE.model_copy(update={"accounting": False}))
    assert bare.causes([JOB]) == [{0: ("FAILED",)}]
    assert "--states=all" in log.read_text()


def test_all_jobs_are_cancelled_by_one_call_in_whose_words_errors_are_told(
    slurm: SlurmExecutor, put: Put
) -> None:
    log = put("scancel", "true")
    slurm.cancel([JOB, SINGLE])
    slurm.cancel([])
    assert log.read_text() == "63 64\n"
    slurm.cancel([JOB, SINGLE], [[2, 0], [0]])
    slurm.cancel([JOB, SINGLE], [[], []])
    assert log.read_text().splitlines()[1:] == ["63_[0,2] 64", "63 64"]
    put("scancel", "echo 'scancel: error: Access denied' >&2; exit 1")
    with pytest.raises(SchedulerError, match=r"^scancel: scancel: error: Access denied$"):
        slurm.cancel([JOB])


def test_a_job_without_its_pickles_gets_them_when_it_is_found(
    slurm: SlurmExecutor, put: Put, work: Work
) -> None:
    put("squeue", "printf '63\\n63\\n63\\n'")
    work.folder.mkdir(parents=True)
    (work.folder / "63_1_submitted.pkl").write_text("is there")
    assert slurm.find(work) == JOB
    for element in (0, 2):
        kept = DelayedSubmission.load(work.folder / f"63_{element}_submitted.pkl")
        assert kept.args == ("/store", 1)
    assert (work.folder / "63_1_submitted.pkl").read_text() == "is there"


def test_a_job_that_is_not_there_is_not_found_and_silence_is_no_answer(
    slurm: SlurmExecutor, put: Put, work: Work
) -> None:
    log = put("squeue", "true")
    assert slurm.find(work) is None
    assert f"--name={work.name}" in log.read_text()
    put("squeue", "exit 1")
    with pytest.raises(SchedulerError, match="squeue: exit code 1"):
        slurm.find(work)


def test_a_job_is_looked_for_only_when_its_sbatch_has_ended(
    slurm: SlurmExecutor, put: Put, work: Work, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    put("squeue", f"cat {shlex.quote(str(here))}")
    sbatch = put("sbatch", f"sleep 1; echo 63 >{shlex.quote(str(here))}").with_suffix("")
    work.folder.mkdir(parents=True)
    with subprocess.Popen([sbatch, str(work.folder / "script.sh")]):
        assert slurm.find(work) == JOB


def test_a_command_that_does_not_answer_is_given_up() -> None:
    with pytest.raises(SchedulerError) as caught:
        run_command([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.2)
    assert str(caught.value) == f"{sys.executable} did not answer within 0.2 s"


def test_the_last_element_of_an_array_asks_for_itself_and_not_for_the_array(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Slurm has it: that element's job id is the array's, and by it all elements are shown.
    log = put(
        "scontrol",
        'case "$*" in *63_2) echo "JobId=63 JobState=RUNNING";;'
        ' *) echo "JobId=63 JobState=PENDING"; echo "JobId=63 JobState=RUNNING";; esac',
    )
    for name, value in {"JOB_ID": "63", "ARRAY_JOB_ID": "63", "ARRAY_TASK_ID": "2"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    assert slurm_node.requeue() == ""
    assert log.read_text().splitlines() == ["show job --oneliner 63_2", "requeue 63_2"]

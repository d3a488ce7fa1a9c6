"""PBS's commands as small programs that answer as OpenPBS has answered."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors import pbs_asking, pbs_node, presence
from hpcmlff.executors.pbs import PbsExecutor
from hpcmlff.executors.pbs_executor import OpenPbsExecutor
from hpcmlff.executors.pbs_ids import read_id
from hpcmlff.executors.pbs_job import PbsInfoWatcher
from hpcmlff.spec.profile import Partition, PbsProfile
from hpcmlff.spec.states import JobState

DOWN = "Connection refused\nqstat: cannot connect to server pbslab (errno=15010)"
Put = Callable[[str, str], Path]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Put programs on PATH that note their calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(pbs_asking, "BACK_OFF_S", (0.0, 0.0))

    def make(name: str, script: str) -> Path:
        log = folder / f"{name}.log"
        (folder / name).write_text(f'#!/bin/sh\necho "$*" >>{log}\n{script}\n')
        (folder / name).chmod(0o755)
        return log

    return make


def calls(log: Path) -> list[str]:
    return log.read_text().splitlines()


def test_a_server_that_is_down_for_a_moment_is_asked_again(put: Put, tmp_path: Path) -> None:
    mark = tmp_path / "second"
    log = put(
        "qstat", f"[ -e {mark} ] || {{ /usr/bin/touch {mark}; echo '{DOWN}' >&2; exit 255; }}"
    )
    found = pbs_asking.letters([read_id("12")])
    assert calls(log) == ["-t 12", "-t 12"]
    assert found.of(read_id("12")) == ""


def test_a_server_that_stays_down_leaves_all_unknown(put: Put) -> None:
    log = put("qstat", f"echo '{DOWN}' >&2; exit 255")
    assert pbs_asking.letters([read_id("12")]).of(read_id("12")) == ""
    assert len(calls(log)) == 3
    with pytest.raises(SchedulerError, match="cannot connect to server pbslab"):
        pbs_asking.everything()
    with pytest.raises(SchedulerError, match="cannot connect to server pbslab"):
        pbs_asking.attributes(read_id("12"))


def test_with_very_many_jobs_qstat_lists_all_and_those_missing_are_over(put: Put) -> None:
    row = "7.pbslab          min.sh           pbsuser                  0 R workq"
    log = put("qstat", f"echo '{row}'")
    found = pbs_asking.letters(read_id(str(number)) for number in range(501))
    assert calls(log) == ["-t"]
    assert [found.of(read_id(job)) for job in ("7", "8")] == ["R", "F"]


def test_qsub_says_no_in_its_own_words(put: Put) -> None:
    put("qsub", "echo 'qsub: illegal -N value\nusage: qsub [-a date_time]' >&2; exit 2")
    with pytest.raises(JobRefused, match=r"^qsub: illegal -N value$") as caught:
        pbs_asking.submit([])
    assert not caught.value.limit


@pytest.mark.parametrize(
    "words",
    [
        "qsub: Maximum number of jobs already in queue small",
        "qsub: would exceed complex's per-user limit of jobs in 'Q' state",
    ],
)
def test_a_limit_is_told_apart(put: Put, words: str) -> None:
    put("qsub", f'echo "{words}" >&2; exit 38')
    with pytest.raises(JobRefused) as caught:
        pbs_asking.submit([])
    assert (caught.value.what, caught.value.limit) == (words, True)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'qsub: Premature end of message' >&2; exit 1", "qsub: Premature end of message"),
        ("echo welcome", "qsub printed no id: 'welcome'"),
        ("kill -TERM $$", "exit code -15"),
    ],
)
def test_a_lost_answer_is_no_refusal(put: Put, script: str, words: str) -> None:
    put("qsub", script)
    with pytest.raises(SchedulerError) as caught:
        pbs_asking.submit([])
    assert not isinstance(caught.value, JobRefused)
    assert caught.value.what == f"it is not known whether PBS took the job:\n{words}"


def test_a_command_that_hangs_is_left(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("qdel", "exec /bin/sleep 60")
    monkeypatch.setattr(pbs_asking, "TIMEOUT_S", 0.2)
    started = time.monotonic()
    with pytest.raises(SchedulerError, match=r"qdel did not answer within 0\.2 s"):
        pbs_asking.delete([read_id("12")])
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (35, "qdel: Job has finished 165.pbslab"),
        (153, "qdel: Unknown Job Id 99999.pbslab"),
        (168, "qdel: Request invalid for state of job 32.pbslab"),
    ],
)
def test_what_is_over_need_not_be_deleted(put: Put, code: int, words: str) -> None:
    log = put("qdel", f"echo '{words}' >&2; exit {code}")
    pbs_asking.delete([read_id("12[].pbslab"), read_id("13")])
    assert calls(log) == ["12[] 13"]
    pbs_asking.delete([])
    assert len(calls(log)) == 1


def test_what_cannot_be_deleted_is_told(put: Put) -> None:
    words = "qdel: Server could not connect to MOM 168.pbslab"
    put("qdel", f"echo 'qdel: Unknown Job Id 1.pbslab\n{words}' >&2; exit 222")
    with pytest.raises(SchedulerError, match=f"^{words}$"):
        pbs_asking.delete([read_id("168")])


def test_a_name_that_old_versions_refuse_is_cut(put: Put, tmp_path: Path) -> None:
    refuse = "case $* in *'-N a_name_longer_than_fifteen '*) echo 'qsub: illegal -N value' >&2;"
    log = put("qsub", f"{refuse} exit 2;; esac; echo 12.pbslab")
    executor = PbsExecutor(tmp_path / "f")
    executor.update_parameters(name="a_name_longer_than_fifteen")
    assert executor.submit(abs, -1).job_id == "12"
    assert [line.split()[2] for line in calls(log)] == [
        "a_name_longer_than_fifteen",
        "a_name_longer_t",
    ]


@pytest.mark.parametrize(
    ("version", "server", "here"),
    [
        ("echo 'pbs_version = 23.06.06'", "exit 0", True),
        ("echo 'Version: 6.1.2'", "exit 0", False),
        ("exit 1", "exit 0", False),
        (
            "echo 'pbs_version = 23.06.06'",
            "echo 'pbsconf error: pbs conf variables not found: PBS_HOME' >&2; exit 255",
            False,
        ),
    ],
)
def test_pbs_is_known_by_its_own_words(put: Put, version: str, server: str, here: bool) -> None:
    put("qsub", version)
    put("qstat", server)
    assert presence.pbs_is_here() is here
    assert presence.scheduler_here() == ("pbs" if here else None)


def test_a_silent_server_is_an_error_and_no_pbs_is_none(put: Put) -> None:
    assert not presence.pbs_is_here()
    assert PbsExecutor.affinity() == -1
    put("qsub", "echo 'pbs_version = 23.06.06'")
    put("qstat", f"echo '{DOWN}' >&2; exit 255")
    assert PbsExecutor.affinity() == 2
    with pytest.raises(SchedulerError, match="cannot connect"):
        presence.pbs_is_here()
    put("sbatch", "exit 0")
    assert PbsExecutor.affinity() == 1


def test_without_qstat_states_are_unknown_and_old_ones_stay(
    put: Put,
) -> None:
    queue = Partition(name="workq", cpus=1, mem_gb=1.0, walltime="1h")
    executor = OpenPbsExecutor(PbsProfile(name="p", scheduler="pbs", partitions=(queue,)))
    job = {"job_id": "12[]", "elements": 2}
    assert executor.states([job]) == [(JobState.UNKNOWN, JobState.UNKNOWN)]
    watcher = PbsInfoWatcher()
    watcher.register_job("12_0")
    assert watcher.get_state("12_0", mode="force") == "UNKNOWN"
    assert not watcher.is_done("12_0", mode="force")


def test_a_job_that_begins_before_its_submission_is_written_down_tells_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PBS_JOBID", "12[1].pbslab")
    monkeypatch.setenv("SUBMITIT_FOLDER", "/store/submitit/mark")
    own = {"job_id": "12[]", "elements": 3, "user": getpass.getuser()}
    assert pbs_node.job(3) == {**own, "folder": "/store/submitit/mark"}
    assert pbs_node.time_left_s() is None


def test_a_single_job_is_submitted_by_the_command_that_submitit_asks_for(tmp_path: Path) -> None:
    executor = PbsExecutor(tmp_path)
    executor.update_parameters(queue="workq")
    words = executor._make_submission_command(tmp_path / "job.sh")
    assert words[:5] == ["qsub", "-N", "submitit", "-q", "workq"]
    assert words[-4:] == ["--", "/bin/bash", "-l", str(tmp_path / "job.sh")]
    assert executor._get_job_id_from_submission_command(b"12.pbslab\n") == "12"
    assert executor._get_job_id_from_submission_command("12[3].pbslab\n") == "12_3"

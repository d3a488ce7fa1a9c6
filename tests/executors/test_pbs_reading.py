"""What OpenPBS 23.06.06 has printed, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcmlff.executors.pbs_ids import JobId, read_id, submitted_id
from hpcmlff.executors.pbs_listing import (
    ending,
    full_json,
    full_text,
    gone,
    keeps_no_history,
    named,
    table_states,
)
from hpcmlff.executors.pbs_output import exceeded
from hpcmlff.executors.pbs_states import cause, job_state, submitit_word
from hpcmlff.spec.states import JobState

TABLE = """\
Job id            Name             User              Time Use S Queue
----------------  ---------------- ----------------  -------- - -----
92.pbslab         sleep.sh         pbsuser                  0 H workq           
98[].pbslab       arrjob.sh        pbsuser                  0 B workq           
98[0].pbslab      arrjob.sh        pbsuser           00:00:00 X workq           
98[6].pbslab      arrjob.sh        pbsuser           00:00:00 R workq           
1234567[12345].s* a_name_longer_t* pbsuser                  0 Q workq           
"""  # noqa: W291 - as it is printed
TEXT = """\
Job Id: 95.pbslab
    Job_Name = min.sh
    job_state = F
    Variable_List = PBS_O_HOME=/home/pbsuser,PBS_O_LANG=C.UTF-8,
	PBS_O_PATH=/opt/pbs/bin:/usr/bin,SUBMITIT_PBS_NAME=hpcmlff-s-0123,
	PBS_O_HOST=pbslab
    substate = 92
    comment = Job run at Mon Nov 23 at 15:30 on (pbslab:ncpus=1) and finis
	hed
    Exit_status = 0

Job Id: 96[3].pbslab
    Job_Name = other
    job_state = X
    substate = 93
    Exit_status = 137

"""
JSON = """\
{
	"timestamp":	1795447507,
	"pbs_version":	"23.06.06",
	"pbs_server":	"pbslab",
	"Jobs":	{
		"147.pbslab":	{
			"Job_Name":	"12345",
			"job_state":	"R",
			"Resource_List":	{
				"ncpus":	1,
				"walltime":	"00:01:00"
			},
			"session_id":	17284,
			"substate":	42,
			"Variable_List":	{
				"N":	7,
				"T":	true,
				"SUBMITIT_PBS_NAME":	"a-name"
			}
		}
	}
}
"""
EMPTY = '{\n\t"timestamp":\t1795447505,\n\t"pbs_version":\t"23.06.06"\n}\n'


@pytest.mark.parametrize(
    ("text", "job", "pbs", "safe"),
    [
        ("12.pbslab", JobId(number="12"), "12", "12"),
        ("12", JobId(number="12"), "12", "12"),
        ("12[].pbs.example.org", JobId(number="12", is_array=True), "12[]", "12"),
        ("12[3].pbslab", JobId(number="12", is_array=True, index=3), "12[3]", "12_3"),
        ("12_3", JobId(number="12", is_array=True, index=3), "12[3]", "12_3"),
    ],
)
def test_ids_are_read_and_written(text: str, job: JobId, pbs: str, safe: str) -> None:
    assert read_id(text) == job
    assert (job.pbs, job.safe) == (pbs, safe)
    assert job.whole == JobId(number="12", is_array=job.is_array)


@pytest.mark.parametrize("text", ["", "pbslab", "12-3", "12_", "12[x].pbslab"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no id of a PBS job"):
        read_id(text)


def test_the_id_is_the_last_line_that_qsub_prints() -> None:
    assert submitted_id("your account has 3 hours left\n12[].pbslab\n") == "12[].pbslab"
    with pytest.raises(ValueError, match="is no id"):
        submitted_id("")


def test_the_table_is_read_cut_ids_too() -> None:
    shown = {job.pbs: letter for job, letter in table_states(TABLE).items()}
    assert shown == {"92": "H", "98[]": "B", "98[0]": "X", "98[6]": "R", "1234567[12345]": "Q"}
    assert table_states("") == {}


def test_complaints_tell_which_jobs_are_over() -> None:
    words = (
        "qstat: Unknown Job Id 99999.pbslab\n"
        "qstat: 98[].pbslab Job has finished, use -x or -H to obtain historical job information\n"
        "Connection refused\nqstat: cannot connect to server pbslab (errno=15010)\n"
    )
    assert {job.pbs for job in gone(words)} == {"99999", "98[]"}
    assert keeps_no_history("qstat: PBS is not configured to maintain job history 1.pbslab\n")
    assert not keeps_no_history(words)


def test_full_text_is_read_with_its_folded_lines() -> None:
    jobs = full_text(TEXT)
    assert [job.pbs for job in jobs] == ["95", "96[3]"]
    assert jobs[read_id("95")]["comment"].endswith("and finished")
    assert ending(jobs[read_id("96[3]")]).status == 137
    assert named(jobs, "hpcmlff-s-0123") == [read_id("95")]
    assert named(jobs, "other") == [read_id("96[3]")]
    assert named(jobs, "none") == []


def test_full_json_is_read_as_the_same_text() -> None:
    [(job, attributes)] = full_json(JSON).items()
    assert job.pbs == "147"
    assert attributes["Resource_List.walltime"] == "00:01:00"
    assert attributes["Variable_List"] == "N=7,T=True,SUBMITIT_PBS_NAME=a-name"
    assert attributes["session_id"] == "17284"
    assert named({job: attributes}, "a-name") == [job]
    assert full_json(EMPTY) == full_json("") == full_json("[]") == {}
    at = ending({})
    assert (at.letter, at.status, at.substate) == ("", None, None)


@pytest.mark.parametrize(
    ("status", "substate", "words"),
    [
        (0, 92, "COMPLETED"),
        (3, 93, "FAILED 3"),
        (255, 93, "FAILED 255"),
        (137, 93, "FAILED, SIGKILL"),
        (266, 93, "FAILED, SIGUSR1"),
        (271, 93, "FAILED, SIGTERM"),
        (999, 93, "FAILED 999"),
        (271, 91, "CANCELLED"),
        (265, 91, "CANCELLED"),
        (0, 91, "CANCELLED"),
        (None, 91, "CANCELLED"),
        (None, None, ""),
        (-29, 93, "TIMEOUT"),
        (-20, 93, "NODE_FAIL"),
        (-11, 10, "REQUEUED"),
        (-3, 20, "LAUNCH_FAILED, to be tried again"),
        (-2, 93, "LAUNCH_FAILED -2"),
        (-27, 93, "OUT_OF_MEMORY"),
    ],
)
def test_exit_statuses_have_causes(status: int | None, substate: int | None, words: str) -> None:
    assert cause(status, substate) == words


def test_letters_have_meanings_and_new_ones_are_unknown() -> None:
    states = {letter: job_state(letter) for letter in "QHWTRESUBXFMZ"}
    assert {letter for letter, state in states.items() if state is JobState.QUEUED} == set("QHWT")
    running = {letter for letter, state in states.items() if state is JobState.RUNNING}
    assert running == set("RESUB")
    assert {letter for letter, state in states.items() if state is JobState.ENDED} == set("XF")
    assert job_state("M") is job_state("") is JobState.UNKNOWN


def test_submitit_gets_words_it_knows_for_what_is_not_over() -> None:
    incomplete = {"PENDING", "RUNNING", "UNKNOWN"}
    assert {submitit_word(letter, None, None) for letter in "QHWTRESUBM?"} == incomplete
    assert submitit_word("Q", -11, 10) == "PENDING"
    assert submitit_word("F", None, None) == "FINISHED"
    assert submitit_word("X", -20, 93) == "NODE_FAIL"
    assert submitit_word("F", 137, 93) == "FAILED"


def test_the_output_tells_of_the_walltime(tmp_path: Path) -> None:
    killed = "Terminated\n=>> PBS: job killed: walltime 11 exceeded limit 3\n"
    (tmp_path / "12[3].pbslab.OU").write_text("x\n" * 5000 + killed)
    (tmp_path / "12[4].pbslab.OU").write_text("all is well\n")
    (tmp_path / "12[5].pbslab.OU").touch()
    assert exceeded(tmp_path) == {3: "TIMEOUT"}
    (tmp_path / "13.pbslab.OU").write_text(killed)
    assert exceeded(tmp_path) == {3: "TIMEOUT", 0: "TIMEOUT"}
    assert exceeded(tmp_path / "nowhere") == {}


def test_the_output_tells_of_memory(tmp_path: Path) -> None:
    for index, what in enumerate(("mem", "vmem", "cput")):
        # The words of job_over_limit in OpenPBS's mom_main.c.
        line = f"=>> PBS: job killed: {what} job total 4096 kb exceeded limit 2048 kb\n"
        (tmp_path / f"12[{index}].pbslab.OU").write_text(line)
    assert exceeded(tmp_path) == {0: "OUT_OF_MEMORY", 1: "OUT_OF_MEMORY", 2: "OVER_LIMIT"}

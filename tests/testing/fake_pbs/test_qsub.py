from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_shell import Shell

from hpcmlff.testing.fake_pbs import FakeQueue

QUEUES = (
    FakeQueue(name="workq"),
    FakeQueue(name="small", max_ncpus=2, max_walltime_s=600),
    FakeQueue(name="closed", enabled=False),
    FakeQueue(name="full", max_queued=1, array_cap=5),
)
ERRORS = [
    ("-q nosuch -- /bin/true", 170, "qsub: Unknown queue"),
    ("-q closed -- /bin/true", 173, "qsub: Queue is not enabled"),
    (
        "-q small -l walltime=01:00:00 -- /bin/true",
        188,
        "qsub: Job violates queue and/or server resource limits",
    ),
    (
        "-q small -l select=1:ncpus=4 -- /bin/true",
        188,
        "qsub: Job violates queue and/or server resource limits",
    ),
    ("-q full -J 0-1 -- /bin/true", 38, "qsub: Maximum number of jobs already in queue full"),
    ("-q full -J 0-5 -- /bin/true", 3, "qsub: Array job exceeds server or queue size limit"),
    ("-J 0-10000 -- /bin/true", 3, "qsub: Array job exceeds server or queue size limit"),
    ("-l nosuchres=1 -- /bin/true", 187, "qsub: Unknown resource Resource_List.nosuchres"),
    ("-l select=1:nfoo=1 -- /bin/true", 187, "qsub: Unknown resource: nfoo"),
    (
        "-l select=1:ncpus=abc -- /bin/true",
        166,
        "qsub: Illegal attribute or resource value select.ncpus",
    ),
    (
        "-l walltime=-5 -- /bin/true",
        166,
        "qsub: Illegal attribute or resource value Resource_List.walltime",
    ),
    (
        "-l select=1:ncpus=1 -l ncpus=4 -- /bin/true",
        5,
        'qsub: "-lresource=" cannot be used with "select" or "place", resource is: ncpus',
    ),
    ("nosuchfile.sh", 1, "qsub: script file:: No such file or directory"),
    ("-W nosuch=1 -- /bin/true", 154, "qsub: Error (15002) submitting job"),
    ("-v NOT_SET_ANYWHERE -- /bin/true", 1, "qsub: cannot send environment with the job"),
    (f"-N {'x' * 231} -- /bin/true", 2, "qsub: Job name is too long "),
]
WRONG_VALUES = [
    ("-J 3", "illegal -J value"),
    ("-J 3-3", "illegal -J value"),
    ("-J 5-1", "illegal -J value"),
    ("-J 1,2,5", "illegal -J value"),
    ("-J 0-9 -r n", " cannot submit non-rerunable Array Job"),
    ("-N with/slash", "illegal -N value"),
    ("-j xx", "illegal -j value"),
    ("-k xyz", "illegal -k value"),
    ("-r maybe", "illegal -r value"),
    ("-W depend=bogus:1", "illegal -W value"),
    ("-p 5000", "illegal -p value"),
    ("-Z", "invalid option -- 'Z'"),
]


def test_it_refuses_with_the_words_and_codes_of_openpbs(shell_with: Callable[..., Shell]) -> None:
    shell = shell_with(queues=QUEUES)
    got = {words: shell.outcome("qsub", *words.split()) for words, _, _ in ERRORS}
    assert got == {words: (code, "", f"{text}\n") for words, code, text in ERRORS}
    assert shell.run("qstat").stdout == ""


def test_wrong_option_values_are_answered_with_the_usage(shell: Shell) -> None:
    for words, text in WRONG_VALUES:
        code, printed, complaint = shell.outcome("qsub", *words.split(), "--", "/bin/true")
        first, second, *_ = complaint.splitlines()
        assert (code, printed, first) == (2, "", f"qsub: {text}"), words
        assert second.startswith("usage: qsub [-a date_time]")


def test_ids_count_up_and_arrays_have_brackets(shell: Shell) -> None:
    assert shell.submit("-h", "--", "/bin/true") == "0.pbslab"
    assert shell.submit("-h", "-J", "0-9:3%2", "--", "/bin/true") == "1[].pbslab"
    array = shell.job("1[].pbslab")
    assert array["array_indices_submitted"] == "0-9:3"
    assert array["array_indices_remaining"] == "0,3,6,9"
    assert array["array_state_count"] == "Queued:4 Running:0 Exiting:0 Expired:0"
    assert array["max_run_subjobs"] == 2


def test_directives_count_unless_the_command_line_says_otherwise(shell: Shell) -> None:
    text = "#!/bin/sh\n#PBS -N inside -l walltime=90\n#PBS -j oe\n\ntrue\n#PBS -h\n"
    job = shell.job(shell.script(text, "-N", "outside", "-h"))
    assert (job["Job_Name"], job["Join_Path"]) == ("outside", "oe")
    assert job["Resource_List"]["walltime"] == "00:01:30"
    assert shell.run("qsub", text="#PBS -q nosuch\n").returncode == 170


def test_what_a_select_asks_for_is_summed(shell: Shell) -> None:
    job = shell.job(shell.submit("-h", "-l", "select=2:ncpus=2:mem=1gb:ngpus=1", "--", "/bin/true"))
    assert job["Resource_List"] == {
        "mem": "2097152kb",
        "ncpus": 4,
        "ngpus": 2,
        "nodect": 2,
        "place": "free",
        "select": "2:ncpus=2:mem=1gb:ngpus=1",
    }


def test_what_no_node_can_hold_is_accepted_and_never_runs(shell: Shell) -> None:
    job_id = shell.submit("-l", "select=1:ncpus=64", "--", "/bin/true")
    shell.wait(lambda: "comment" in shell.job(job_id))
    job = shell.job(job_id)
    assert job["job_state"] == "Q"
    assert job["comment"] == (
        "Can Never Run: Insufficient amount of resource: ncpus (R: 64 A: 4 T: 4)"
    )


def test_nodes_may_not_submit_where_that_is_forbidden(shell_with: Callable[..., Shell]) -> None:
    shell = shell_with(submit_from_jobs=False)
    shell.script(f"'{shell.pbs.bin}/qsub' -- /bin/true; echo $? >'{shell.folder}/code'\n")
    assert shell.read("code") == "175\n"


def test_a_blocking_submission_ends_as_its_job(shell: Shell) -> None:
    words = ("qsub", "-W", "block=true", "--", "/bin/sh", "-c", "exit 9")
    assert shell.outcome(*words) == (9, "0.pbslab\n", "")


@pytest.mark.parametrize("depend", ["afterok:99999", "afterany:99999"])
def test_a_job_that_waits_for_an_unknown_one_vanishes(shell: Shell, depend: str) -> None:
    job_id = shell.submit("-W", f"depend={depend}", "--", "/bin/true")
    assert shell.outcome("qstat", job_id) == (153, "", f"qstat: Unknown Job Id {job_id}\n")


def test_dependencies_let_go_or_delete(shell: Shell) -> None:
    bad = shell.submit("--", "/bin/sh", "-c", "sleep 1; exit 3")
    ok, notok, anyhow = (
        shell.submit("-W", f"depend={kind}:{bad}", "--", "/bin/true")
        for kind in ("afterok", "afternotok", "afterany")
    )
    held = shell.job(ok)
    assert (held["job_state"], held["Hold_Types"], held["substate"]) == ("H", "s", 22)
    assert held["depend"] == f"afterok:{bad}@pbslab"
    assert shell.reach(notok, "F")["Exit_status"] == 0
    assert shell.reach(anyhow, "F")["Exit_status"] == 0
    assert shell.facts(ok) == ("F", 92, None, None)


def test_held_and_later_jobs_wait(shell: Shell) -> None:
    held = shell.submit("-h", "--", "/bin/true")
    later = shell.submit("-a", "203511231630", "--", "/bin/true")
    assert [shell.job(one)["job_state"] for one in (held, later)] == ["H", "W"]
    assert shell.outcome("qrls", held) == (0, "", "")
    assert shell.reach(held, "F")["Exit_status"] == 0

from __future__ import annotations

import json
from collections.abc import Callable

from fake_shell import Shell

HELD = ("-h", "--", "/bin/true")
HEAD = (
    "Job id            Name             User              Time Use S Queue\n"
    "----------------  ---------------- ----------------  -------- - -----\n"
)
OF_A_WAITING_JOB = [
    "Job_Name", "Job_Owner", "job_state", "queue", "server", "Checkpoint", "ctime", "Error_Path",
    "Hold_Types", "Join_Path", "Keep_Files", "Mail_Points", "mtime", "Output_Path", "Priority",
    "qtime", "Rerunable", "Resource_List", "schedselect", "substate", "Variable_List", "euser",
    "egroup", "queue_rank", "queue_type", "Submit_arguments", "project", "Submit_Host",
]  # fmt: skip
OF_A_RUNNING_JOB = [
    "Job_Name", "Job_Owner", "resources_used", "job_state", "queue", "server", "Checkpoint",
    "ctime", "Error_Path", "exec_host", "exec_vnode", "Hold_Types", "Join_Path", "Keep_Files",
    "Mail_Points", "mtime", "Output_Path", "Priority", "qtime", "Rerunable", "Resource_List",
    "stime", "session_id", "jobdir", "substate", "Variable_List", "comment", "etime", "run_count",
    "Submit_arguments", "project", "Submit_Host",
]  # fmt: skip
OF_AN_ENDED_ELEMENT = [
    "Job_Name", "Job_Owner", "resources_used", "job_state", "queue", "server", "ctime",
    "Error_Path", "exec_host", "exec_vnode", "Join_Path", "Keep_Files", "Mail_Points", "mtime",
    "Output_Path", "Priority", "qtime", "Rerunable", "Resource_List", "stime", "obittime",
    "session_id", "jobdir", "substate", "Variable_List", "comment", "etime", "run_count",
    "Stageout_status", "Exit_status", "array_id", "array_index", "history_timestamp", "project",
    "Submit_Host",
]  # fmt: skip
OF_AN_ENDED_ARRAY = [
    "Job_Name", "Job_Owner", "job_state", "queue", "server", "Checkpoint", "ctime", "Error_Path",
    "Hold_Types", "Join_Path", "Keep_Files", "Mail_Points", "mtime", "Output_Path", "Priority",
    "qtime", "Rerunable", "Resource_List", "stime", "obittime", "substate", "Variable_List",
    "comment", "etime", "Stageout_status", "Exit_status", "Submit_arguments", "array",
    "array_state_count", "array_indices_submitted", "array_indices_remaining",
    "history_timestamp", "project", "Submit_Host",
]  # fmt: skip


def test_attributes_stand_in_the_order_of_openpbs(shell_with: Callable[..., Shell]) -> None:
    shell = shell_with(manager=True)
    assert list(shell.job(shell.submit(*HELD))) == OF_A_WAITING_JOB


def test_owners_see_less_than_managers(shell: Shell) -> None:
    running = shell.submit("--", "/bin/sleep", "60")
    shell.wait(lambda: shell.job(running)["substate"] == 42)
    assert list(shell.job(running)) == OF_A_RUNNING_JOB
    array = shell.submit("-J", "0-1", "--", "/bin/true")
    shell.reach(array, "F")
    assert list(shell.job(array)) == OF_AN_ENDED_ARRAY
    element = shell.job(array.replace("[]", "[1]"))
    assert list(element) == OF_AN_ENDED_ELEMENT
    assert {key: element[key] for key in ("array_id", "array_index", "job_state")} == {
        "array_id": array,
        "array_index": 1,
        "job_state": "F",
    }


def test_json_shows_only_what_the_first_of_several_ids_names(shell: Shell) -> None:
    first, second = shell.submit(*HELD), shell.submit(*HELD)
    array = shell.submit("-h", "-J", "0-1", "--", "/bin/true")
    words = ("qstat", "-f", "-F", "json")
    assert list(shell.jobs(second, first)) == [second]
    assert shell.run(*words, second, first).returncode == 0
    assert list(shell.jobs("-t", array, first)) == [array, "2[0].pbslab", "2[1].pbslab"]
    assert list(shell.jobs()) == [first, second, array]
    text = shell.run("qstat", "-f", first, second).stdout
    assert [line for line in text.splitlines() if "Job Id" in line] == [
        f"Job Id: {first}",
        f"Job Id: {second}",
    ]


def test_unknown_ids_beside_known_ones_cost_the_exit_code_only(shell: Shell) -> None:
    job_id = shell.submit(*HELD)
    done = shell.run("qstat", "-f", "-F", "json", "99999", job_id)
    assert (done.returncode, done.stderr) == (153, "qstat: Unknown Job Id 99999.pbslab\n")
    assert list(json.loads(done.stdout)["Jobs"]) == [job_id]
    row = (
        f"{job_id}          STDIN            {shell.pbs_user():<16}         0 H workq           \n"
    )
    assert shell.outcome("qstat", job_id, "99999") == (
        153,
        HEAD + row,
        "qstat: Unknown Job Id 99999.pbslab\n",
    )


def test_ids_that_are_none(shell: Shell) -> None:
    assert shell.outcome("qstat", "bogus") == (
        170,
        "",
        "qstat: Unknown queue destination bogus\n",
    )
    assert shell.outcome("qstat", "5.otherserver") == (
        1,
        "",
        "qstat: illegally formed job identifier: 5.otherserver\n",
    )


def test_finished_jobs_with_history(shell: Shell) -> None:
    job_id = shell.submit("--", "/bin/true")
    assert shell.reach(job_id, "F")["Exit_status"] == 0
    assert shell.outcome("qstat", job_id) == (
        35,
        "",
        f"qstat: {job_id} Job has finished, use -x or -H to obtain historical job information\n",
    )
    assert shell.outcome("qdel", job_id) == (35, "", f"qdel: Job has finished {job_id}\n")
    assert shell.outcome("qsig", "-s", "USR1", job_id) == (35, "", "qsig: Job has finished\n")
    assert shell.outcome("qdel", "-x", job_id) == (0, "", "")
    assert shell.outcome("qstat", "-x", job_id)[0] == 153


def test_finished_jobs_without_history(shell_with: Callable[..., Shell]) -> None:
    shell = shell_with(history=False)
    job_id = shell.submit("-W", "block=true", "--", "/bin/true")
    running = shell.submit("--", "/bin/sleep", "60")
    unknown = f"Unknown Job Id {job_id}\n"
    assert shell.outcome("qstat", job_id) == (153, "", f"qstat: {unknown}")
    assert shell.outcome("qdel", job_id) == (153, "", f"qdel: {unknown}")
    words = "qstat: PBS is not configured to maintain job history {}\n"
    assert shell.outcome("qstat", "-x", running) == (0, "", words.format(running))
    code, printed, complaint = shell.outcome("qstat", "-x", "-f", "-F", "json")
    assert (code, complaint) == (0, words.format(""))
    assert set(json.loads(printed)) == {"timestamp", "pbs_version", "pbs_server"}


def test_json_retypes_variables_and_text_does_not(shell: Shell) -> None:
    given = "N=007,E=1e5,NA=nan,T=true,EMPTY=,HEX=0x10,FL=1.50,BIG=123456789012345678901234567890"
    job_id = shell.submit("-h", "-N", "12345", "-v", given, "--", "/bin/true")
    job = shell.job(job_id)
    assert job["Job_Name"] == "12345"
    assert {name: job["Variable_List"][name] for name in ("N", "E", "NA", "T", "EMPTY")} == {
        "N": 7,
        "E": 100000,
        "NA": "nan",
        "T": True,
        "EMPTY": "",
    }
    assert [job["Variable_List"][name] for name in ("HEX", "FL")] == ["0x10", 1.5]
    assert '"BIG":\t1.2345678901234568e+29' in shell.run("qstat", "-f", "-F", "json").stdout
    assert f",{given}," in shell.run("qstat", "-f", "-F", "dsv").stdout


def test_the_table_cuts_long_names(shell: Shell) -> None:
    shell.submit("-h", "-N", "a_name_longer_than_fifteen_chars", "--", "/bin/true")
    assert (
        shell.run("qstat").stdout.splitlines()[2].startswith("0.pbslab          a_name_longer_t* ")
    )


def test_an_arrays_own_exit_status_says_nothing_about_its_elements(shell: Shell) -> None:
    text = "[ $PBS_ARRAY_INDEX = 0 ] && exit 7\nsleep 1\n"
    array = shell.script(text, "-J", "0-1")
    element = array.replace("[]", "[0]")
    assert shell.reach(element, "X")["Exit_status"] == 7
    assert shell.run("qstat", element).returncode == 0
    assert shell.job(array)["job_state"] == "B"
    shell.reach(array, "F")
    assert shell.facts(array) == ("F", 93, 0, None)
    assert shell.job(array)["comment"].endswith(" and failed")
    assert shell.facts(element) == ("F", 93, 7, 1)


def test_queues_and_the_server_can_be_asked_for(shell: Shell) -> None:
    shell.submit(*HELD)
    assert shell.run("qstat", "-Q").stdout == (
        "Queue              Max   Tot Ena Str   Que   Run   Hld   Wat   Trn   Ext Type\n"
        "---------------- ----- ----- --- --- ----- ----- ----- ----- ----- ----- ----\n"
        "workq                0     1 yes yes     0     0     1     0     0     0 Exe*\n"
    )
    queues = json.loads(shell.run("qstat", "-Q", "-f", "-F", "json").stdout)["Queue"]
    assert (queues["workq"]["enabled"], queues["workq"]["started"]) == ("True", "True")
    server = json.loads(shell.run("qstat", "-B", "-f", "-F", "json").stdout)["Server"]
    assert server["pbslab"]["max_array_size"] == 10000


def test_calls_are_counted(shell: Shell) -> None:
    job_id = shell.submit("-h", "-N", "two words".replace(" ", "-"), "--", "/bin/true")
    shell.run("qstat", job_id)
    assert [(call.command, call.job_id) for call in shell.pbs.counting.calls()] == [
        ("qsub", None),
        ("qstat", None),
    ]
    assert shell.pbs.counting.calls("qstat")[0].arguments == job_id
    shell.pbs.counting.clear()
    assert shell.pbs.counting.calls() == []

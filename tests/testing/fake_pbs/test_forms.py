from __future__ import annotations

from pathlib import Path

import pytest
from fake_shell import Shell

from hpcmlff.testing.fake_pbs import FakeNode, FakePbsOptions, FakeQueue
from hpcmlff.testing.fake_pbs.attributes import ranges
from hpcmlff.testing.fake_pbs.full_json import document, member, number
from hpcmlff.testing.fake_pbs.full_text import full_text
from hpcmlff.testing.fake_pbs.refusal import RefusalError
from hpcmlff.testing.fake_pbs.resources import read_resources
from hpcmlff.testing.fake_pbs.variables import split_variables


def test_text_is_broken_where_openpbs_breaks_it() -> None:
    values = {
        "comment": "Can Never Run: Insufficient amount of resource: ncpus (R: 64 A: 4 T: 4)",
        "Variable_List": {
            "PBS_O_SYSTEM": "Linux",
            "PBS_O_PATH": "/opt/pbs/bin:/usr/local/bin:/usr/bin:/bin",
            "PBS_O_SHELL": "/bin/bash",
        },
    }
    assert full_text("10.pbslab", values) == (
        "Job Id: 10.pbslab\n"
        "    comment = Can Never Run: Insufficient amount of resource: ncpus (R: 64 A: 4\n"
        "\t T: 4)\n"
        "    Variable_List = PBS_O_SYSTEM=Linux,\n"
        "\tPBS_O_PATH=/opt/pbs/bin:/usr/local/bin:/usr/bin:/bin,\n"
        "\tPBS_O_SHELL=/bin/bash\n"
        "\n"
    )


def test_json_is_indented_by_tabs() -> None:
    text = member({"Job_Name": "1", "Resource_List": {"ncpus": 1}, "Priority": 0})
    assert document({"pbs_server": "pbslab"}, "Jobs", {"1.pbslab": text}) == (
        '{\n\t"pbs_server":\t"pbslab",\n\t"Jobs":\t{\n\t\t"1.pbslab":\t{\n'
        '\t\t\t"Job_Name":\t"1",\n\t\t\t"Resource_List":\t{\n\t\t\t\t"ncpus":\t1\n\t\t\t},\n'
        '\t\t\t"Priority":\t0\n\t\t}\n\t}\n}\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (1.5, "1.5"),
        (1795447507963927, "1795447507963927"),
        (1795447476350780, "1.79544747635078e+15"),
        (1.2345678901234568e29, "1.2345678901234568e+29"),
        (float("inf"), "null"),
    ],
)
def test_numbers_look_as_cjson_prints_them(value: float, text: str) -> None:
    assert number(value) == text


def test_indices_are_shown_as_ranges() -> None:
    assert ranges([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8"
    assert ranges([]) == ""


def test_variables_are_split_outside_of_quotes() -> None:
    assert split_variables('A="x,y",B=z w,C,D=\\,') == [
        ("A", "x,y"),
        ("B", "z w"),
        ("C", None),
        ("D", ","),
    ]


def test_old_requests_become_a_select() -> None:
    old = read_resources({"nodes": "2:ppn=3"}, None)
    assert old.listed["select"] == "2:ncpus=3:mpiprocs=3"
    plain = read_resources({"ncpus": "2", "mem": "500mb", "walltime": "90"}, 60)
    assert (plain.chunks[0].mem_kb, plain.walltime_s, plain.place) == (512000, 90, "pack")
    assert read_resources({}, 60).listed["walltime"] == "00:01:00"
    with pytest.raises(RefusalError) as refusal:
        read_resources({"ncpus": None}, None)
    assert refusal.value.code == 166


def test_options_survive_their_file() -> None:
    options = FakePbsOptions(
        nodes=(FakeNode(name="a", ngpus=2),), queues=(FakeQueue(name="gpu", nodes=("a",)),)
    )
    assert FakePbsOptions.from_plain(options.to_plain()) == options


def test_tables_of_other_forms(shell: Shell) -> None:
    name = "a_name_longer_than_fifteen_chars"
    shell.submit("-h", "-N", name, "-l", "walltime=26:00:00", "--", "/bin/true")
    user = shell.pbs_user()
    head = shell.run("qstat", "-a", "0").stdout.splitlines()
    assert head[:2] == ["", "pbslab: "]
    row = f"0.pbslab        {user[:8]:<8} workq    a_name_lo*    --    1   1    --  26:00 H   --"
    assert head[5].rstrip() == row
    assert shell.run("qstat", "-1", "-n").stdout.splitlines()[5] == f"{head[5]}  -- "
    assert shell.run("qstat", "-u", user).stdout.splitlines() == head
    assert shell.run("qstat", "-w").stdout.splitlines()[2].split() == [
        "0.pbslab", "a_name_longer_*", user, "0", "H", "workq",
    ]  # fmt: skip
    assert f"    Submit_arguments = -h -N {name} -l walltime=26:00:00 -- /bin/true\n" in (
        shell.run("qstat", "-f", "-w").stdout
    )
    assert shell.run("qstat", "workq").stdout.count("0.pbslab") == 1
    assert shell.outcome("qstat", "-J") == (0, "", "")


def test_options_that_do_not_exist_are_refused(shell: Shell) -> None:
    for command in ("qstat", "qdel", "qsig", "qhold", "pbsnodes"):
        code, printed, words = shell.outcome(command, "-?")
        assert (code, printed, words) == (2, "", f"{command}: invalid option -- '?'\n")


def test_held_back_jobs_wait_until_they_are_let_go(shell: Shell) -> None:
    shell.submit("-l", "ncpus=4", "--", "/bin/sleep", "60")
    job_id = shell.submit("--", "/bin/true")
    assert shell.outcome("qhold", job_id) == (0, "", "")
    assert shell.job(job_id)["Hold_Types"] == "u"
    assert shell.outcome("qsig", job_id)[0] == 168
    assert shell.outcome("qrls", job_id) == (0, "", "")
    assert shell.job(job_id)["job_state"] == "Q"


def test_a_script_may_come_from_a_file_or_a_pipe(shell: Shell, tmp_path: Path) -> None:
    (shell.folder / "job.sh").write_text("#PBS -h -v 'A=x y'\n", encoding="utf-8")
    from_file = shell.job(shell.submit("job.sh"))
    assert (from_file["Job_Name"], from_file["Variable_List"]["A"]) == ("job.sh", "x y")
    assert shell.job(shell.script("true\n", "-h"))["Job_Name"] == "STDIN"
    assert shell.outcome("qsub", "-z", "-h", "job.sh") == (0, "", "")
    assert shell.outcome("qsub", "--version") == (0, "pbs_version = 23.06.06\n", "")

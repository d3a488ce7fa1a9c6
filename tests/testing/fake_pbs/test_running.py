from __future__ import annotations

import stat
from collections.abc import Callable

from fake_shell import Shell

from hpcmlff.testing.fake_pbs import FakeNode

WHO = "import os; print(os.getpid() == os.getsid(0), os.getppid() == os.getsid(0))"


def test_a_script_starts_in_home_below_a_login_shell(shell: Shell) -> None:
    text = f"#!/bin/sh\npwd; umask; echo $0; exec python3 -c '{WHO}'\n"
    shell.script(text, "-j", "oe", "-o", "out")
    assert shell.read("out").splitlines() == [
        str(shell.pbs.home),
        "0077",
        f"{shell.pbs.folder}/mom_priv/jobs/0.pbslab.SC",
        "False True",
    ]


def test_a_program_is_session_leader_in_arrays_too(shell: Shell) -> None:
    array = shell.submit(
        "-J", "0-1", "-j", "oe", "-o", "^array_index^.out", "--", "python3", "-c", WHO
    )
    assert array == "0[].pbslab"
    assert [shell.read(f"{index}.out") for index in (0, 1)] == ["True False\n"] * 2


def test_jobs_get_pbss_environment_and_nothing_of_the_users(
    shell_with: Callable[..., Shell],
) -> None:
    shell = shell_with(job_environment={"SITE": "here"})
    words = ("-N", "envjob", "-v", "VAR=one", "-l", "select=1:ncpus=2:mem=1gb", "-J", "4-6:2")
    shell.submit(*words, "-j", "oe", "-o", "^array_index^", "--", "/usr/bin/env")
    found = dict(line.split("=", 1) for line in shell.read("6").splitlines())
    folder = shell.pbs.folder
    expected = {
        "ENVIRONMENT": "BATCH",
        "NCPUS": "2",
        "OMP_NUM_THREADS": "2",
        "PBS_ARRAY_ID": "0[].pbslab",
        "PBS_ARRAY_INDEX": "6",
        "PBS_JOBID": "0[6].pbslab",
        "PBS_JOBNAME": "envjob",
        "PBS_NODEFILE": f"{folder}/aux/0[6].pbslab",
        "PBS_O_WORKDIR": str(shell.folder),
        "PBS_QUEUE": "workq",
        "SITE": "here",
        "TMPDIR": str(folder / "tmp" / "pbslab" / "pbs.0[6].pbslab"),
        "VAR": "one",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert str(shell.pbs.bin) not in found["PATH"]
    assert "PYTEST_CURRENT_TEST" not in found


def test_output_has_the_names_and_modes_of_openpbs(shell: Shell) -> None:
    (shell.folder / "folder").mkdir()
    text = "echo out; echo err >&2\n"
    single = shell.script(text, "-N", "name")
    array = shell.script(text, "-N", "name", "-J", "0-1")
    inside = shell.script(text, "-j", "oe", "-J", "0-1", "-o", "folder/")
    kept = shell.script(text, "-k", "oe", "-N", "kept")
    for job_id in (single, array, inside, kept):
        shell.reach(job_id, "F")
    assert sorted(path.name for path in shell.folder.iterdir()) == [
        "folder", "name.e0", "name.e1.0", "name.e1.1", "name.o0", "name.o1.0", "name.o1.1",
    ]  # fmt: skip
    assert (shell.folder / "name.o0").read_text() == "out\n"
    assert (shell.folder / "name.e0").read_text() == "err\n"
    joined = sorted((shell.folder / "folder").iterdir())
    assert [path.name for path in joined] == ["2[0].pbslab.OU", "2[1].pbslab.OU"]
    assert joined[0].read_text() == "out\nerr\n"
    assert stat.S_IMODE(joined[0].stat().st_mode) == 0o600
    assert sorted(path.name for path in shell.pbs.home.iterdir()) == ["kept.e3", "kept.o3"]


def test_output_kept_in_place_is_there_while_the_job_runs(shell: Shell) -> None:
    shell.script("echo begun; sleep 60\n", "-k", "oed", "-j", "oe", "-o", "live")
    spooled = shell.script("echo begun; sleep 60\n", "-j", "oe", "-o", "spooled")
    assert shell.read("live") == "begun\n"
    shell.reach(spooled, "R")
    assert not (shell.folder / "spooled").exists()


def test_output_nobody_can_take_keeps_the_job_exiting(shell: Shell) -> None:
    job_id = shell.submit("-j", "oe", "-o", "no/such/folder", "--", "/bin/echo", "lost")
    assert shell.reach(job_id, "E")["Exit_status"] == 0
    shell.reach(job_id, "F")
    spool = shell.pbs.folder / "undelivered" / f"{job_id}.OU"
    assert spool.read_text() == "lost\n"


def test_jobs_wait_for_room_on_the_nodes(shell_with: Callable[..., Shell]) -> None:
    nodes = (FakeNode(name="one", ncpus=2), FakeNode(name="two", ncpus=2, ngpus=1))
    shell = shell_with(nodes=nodes)
    ask = ("-l", "select=1:ncpus=1:ngpus=1", "--", "/bin/sleep", "60")
    first, second = shell.submit(*ask), shell.submit(*ask)
    assert shell.reach(first, "R")["exec_vnode"] == "(two:ncpus=1:ngpus=1)"
    assert shell.job(first)["exec_host"] == "two/0"
    waiting = shell.job(second)
    assert waiting["job_state"] == "Q"
    assert waiting["comment"] == "Not Running: Not enough free nodes available"
    wide = shell.submit("-l", "select=2:ncpus=1", "-l", "place=scatter", "--", "/bin/sleep", "60")
    assert shell.reach(wide, "R")["exec_host"] == "one/0+one/1"
    shell.run("qdel", first)
    assert shell.reach(second, "R")["exec_host"] == "two/0"


def test_no_more_elements_run_than_the_array_allows(shell: Shell) -> None:
    array = shell.submit("-J", "0-3%2", "--", "/bin/sleep", "1")
    seen = set()
    while (job := shell.job(array))["job_state"] != "F":
        seen.add(job["array_state_count"].split()[1])
    assert "Running:2" in seen
    assert seen <= {"Running:0", "Running:1", "Running:2"}


def test_nodes_can_be_listed(shell: Shell) -> None:
    shell.pbs.kill_node("pbslab")
    text = shell.run("pbsnodes", "-a").stdout
    assert "     state = down\n" in text
    assert "     comment = node down: communication closed\n" in text
    assert shell.outcome("pbsnodes", "nosuch")[0] == 1

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest
from fake_shell import Shell

from hpcmlff.testing.fake_pbs import HURRIED, FakeDelays

IGNORING = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}time.sleep(60)"
HEEDING = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); "
    "print('up', flush=True); time.sleep(60)"
)
LIVE = ("-k", "oed", "-j", "oe", "-o", "out")
IGNORE = IGNORING.format("print('up', flush=True); ")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("exit 0", 0),
        ("exit 255", 255),
        ("nosuchcommand", 127),
        ("exec python3 -c 'import os; os.kill(os.getpid(), 9)'", 137),
        ("exec python3 -c 'import os; os.kill(os.getpid(), 11)'", 139),
    ],
)
def test_exit_statuses_of_scripts(shell: Shell, text: str, status: int) -> None:
    job_id = shell.script(f"{text}\n")
    shell.reach(job_id, "F")
    assert shell.facts(job_id) == ("F", 93 if status else 92, status, 1)
    ending = "failed" if status else "finished"
    assert shell.job(job_id)["comment"].endswith(f" on (pbslab:ncpus=1) and {ending}")


def test_a_shell_that_cannot_be_executed_is_254(shell: Shell) -> None:
    job_id = shell.script("true\n", "-S", "/no/such/shell")
    assert shell.reach(job_id, "F")["Exit_status"] == 254


def test_a_program_that_dies_by_a_signal_is_256_and_more(shell: Shell) -> None:
    job_id = shell.submit("--", "/bin/sleep", "60")
    shell.reach(job_id, "R")
    assert shell.outcome("qsig", "-s", "SIGUSR1", job_id) == (0, "", "")
    assert shell.reach(job_id, "F")["Exit_status"] == 256 + signal.SIGUSR1


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("code", [HEEDING, IGNORE])
def test_the_walltime_is_minus_29_whatever_the_job_returned(
    shell: Shell, code: str, direct: bool
) -> None:
    job_id = _start(shell, code, direct, "-l", "walltime=1")
    assert shell.reach(job_id, "F")["comment"].endswith(" and exceeded resource walltime")
    assert shell.facts(job_id) == ("F", 93, -29, 1)
    assert "=>> PBS: job killed: walltime 2 exceeded limit 1\n" in shell.read("out")
    assert shell.pbs.processes(job_id) == []


EATER = "import time; print('up', flush=True); eaten = bytearray(120 << 20); time.sleep({})"


def test_memory_above_what_was_asked_for_is_minus_27_where_nodes_look_at_it(
    shell_with: Callable[..., Shell],
) -> None:
    shell = shell_with(enforce_mem=True)
    modest = _start(shell, EATER.format(1), True, "-l", "select=1:mem=300mb")
    greedy = _start(shell, EATER.format(60), True, "-l", "select=1:mem=60mb")
    assert shell.reach(greedy, "F")["comment"].endswith(" and exceeded resource mem")
    assert shell.facts(greedy) == ("F", 93, -27, 1)
    assert " kb exceeded limit 61440 kb\n" in shell.read("out")
    assert shell.pbs.processes(greedy) == []
    shell.reach(modest, "F")
    assert shell.facts(modest) == ("F", 92, 0, 1)


@pytest.mark.parametrize(
    ("code", "direct", "status"),
    [(HEEDING, False, 271), (IGNORE, False, 271), (HEEDING, True, 0), (IGNORE, True, 265)],
)
def test_what_a_deleted_job_returns(shell: Shell, code: str, direct: bool, status: int) -> None:
    job_id = _start(shell, code, direct)
    assert shell.read("out") == "up\n"
    assert shell.outcome("qdel", job_id) == (0, "", "")
    shell.reach(job_id, "F")
    assert shell.facts(job_id) == ("F", 91, status, 1)
    owner = f"{shell.pbs_user()}@pbslab"
    assert shell.job(job_id)["comment"].endswith(f" and terminated by {owner}")
    assert shell.pbs.processes(job_id) == []


def test_nothing_but_term_comes_before_the_kill(shell: Shell) -> None:
    code = (
        "import signal, time; log = lambda number, _: print(number, flush=True); "
        "[signal.signal(one, log) for one in (1, 10, 12, 15, 18)]; print('up', flush=True); "
        "[time.sleep(1) for _ in range(60)]"
    )
    job_id = _start(shell, code, True)
    shell.read("out")
    shell.run("qdel", job_id)
    shell.reach(job_id, "F")
    assert shell.read("out") == "up\n15\n"


def _start(shell: Shell, code: str, direct: bool, *words: str) -> str:
    if direct:
        return shell.submit(*words, *LIVE, "--", "/usr/bin/python3", "-c", code)
    return shell.script(f'#!/bin/sh\nexec /usr/bin/python3 -c "{code}"\n', *words, *LIVE)


def test_deletion_is_asynchronous_and_not_repeated(shell: Shell) -> None:
    job_id = _start(shell, IGNORE, True)
    shell.read("out")
    assert shell.outcome("qdel", job_id) == (0, "", "")
    assert shell.job(job_id)["job_state"] == "R"
    words = f"qdel: Request invalid for state of job {job_id}\n"
    assert shell.outcome("qdel", job_id) == (168, "", words)


def test_forced_deletion_is_265_at_once(shell: Shell) -> None:
    job_id = _start(shell, IGNORE, True)
    shell.read("out")
    assert shell.outcome("qdel", "-W", "force", job_id) == (0, "", "")
    assert shell.facts(job_id) == ("F", 91, 265, 1)


def test_a_job_deleted_before_it_ran_has_no_exit_status(shell: Shell) -> None:
    job_id = shell.submit("-h", "--", "/bin/true")
    assert shell.outcome("qdel", job_id, "99999", "bogus") == (
        1,
        "",
        "qdel: Unknown Job Id 99999.pbslab\nqdel: illegally formed job identifier: bogus\n",
    )
    assert shell.facts(job_id) == ("F", 91, None, None)


def test_elements_are_deleted_singly_and_as_an_array(shell: Shell) -> None:
    array = shell.submit("-J", "0-5", "-l", "ncpus=2", "--", "/bin/sleep", "60")
    shell.reach("0[1].pbslab", "R")
    assert shell.outcome("qdel", "0[9]") == (156, "", "qdel: Invalid request 0[9].pbslab\n")
    assert shell.outcome("qdel", "0[0]", "0[4]") == (0, "", "")
    assert shell.reach("0[0].pbslab", "X")["comment"].endswith(" and terminated")
    assert shell.job("0[4].pbslab")["job_state"] == "X"
    assert shell.reach("0[2].pbslab", "R")["run_count"] == 1
    assert shell.outcome("qdel", array) == (0, "", "")
    shell.reach(array, "F")
    assert shell.facts("0[2].pbslab") == ("F", 91, 271, 1)


def test_usr1_kills_the_login_shell_of_a_script(shell: Shell) -> None:
    code = (
        "import signal, time; signal.signal(10, lambda *_: print('usr1', flush=True)); "
        "print('up', flush=True); time.sleep(60)"
    )
    job_id = _start(shell, code, False)
    shell.read("out")
    shell.run("qsig", "-s", "USR1", job_id)
    shell.reach(job_id, "F")
    assert shell.facts(job_id) == ("F", 93, 266, 1)
    assert shell.pbs.processes(job_id) == []


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("qsig", "-s", "BOGUS"), 165, "qsig: Unknown/illegal signal name 0.pbslab"),
        (("qsig", "-s", "suspend"), 159, "qsig: Unauthorized Request  0.pbslab"),
        (("qrerun",), 159, "qrerun: Unauthorized Request  0.pbslab"),
    ],
)
def test_what_the_owner_may_not_do(
    shell: Shell, words: tuple[str, ...], code: int, complaint: str
) -> None:
    job_id = shell.submit("--", "/bin/sleep", "60")
    shell.reach(job_id, "R")
    assert shell.outcome(*words, job_id) == (code, "", f"{complaint}\n")
    assert shell.outcome(words[0], "99999")[0] == 153


def test_managers_rerun_jobs(shell_with: Callable[..., Shell]) -> None:
    shell = shell_with(manager=True)
    job_id = shell.script("date; sleep 60\n", "-j", "oe", "-o", "out")
    shell.wait(lambda: shell.job(job_id).get("substate") == 42)
    assert shell.outcome("qrerun", job_id) == (0, "", "")
    shell.wait(lambda: shell.job(job_id).get("run_count") == 2)


def test_the_pace_is_openpbss_unless_it_is_hurried() -> None:
    real: dict[str, Any] = vars(FakeDelays())
    assert (real["kill_s"], real["node_fail_requeue_s"]) == (15.0, 310.0)
    assert all(getattr(HURRIED, name) < value for name, value in real.items())

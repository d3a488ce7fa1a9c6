from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_shell import DEADLINE_S, Shell

from hpcmlff.testing.fake_pbs import HURRIED, FakeDelays, FakeNode, FakePbs, FakePbsOptions

TICKING = "while true; do echo {} $$; sleep 0.1; done\n"


def test_the_old_processes_of_a_lost_node_go_on_beside_the_new_attempt(
    shell_with: Callable[..., Shell],
) -> None:
    shell = shell_with(nodes=(FakeNode(name="one", ncpus=1), FakeNode(name="two", ncpus=1)))
    job_id = shell.script("sleep 60\n")
    fixed = shell.submit("-r", "n", "--", "/bin/sleep", "60")
    assert shell.reach(job_id, "R")["exec_host"] == "one/0"
    shell.reach(fixed, "R")
    old = set(shell.pbs.processes(job_id))
    shell.pbs.kill_node("one")
    assert shell.facts(job_id)[0] == "R"
    words = f"qdel: Server could not connect to MOM {job_id}\n"
    assert shell.outcome("qdel", job_id) == (222, "", words)
    shell.wait(lambda: shell.job(job_id)["job_state"] == "Q")
    assert shell.facts(job_id) == ("Q", 10, -20, 1)
    shell.run("qdel", fixed)
    assert shell.reach(job_id, "R")["exec_host"] == "two/0"
    assert shell.job(job_id)["run_count"] == 2
    assert old < set(shell.pbs.processes(job_id))


def test_a_job_that_may_not_run_twice_ends_with_its_node(shell: Shell) -> None:
    job_id = shell.submit("-r", "n", "--", "/bin/sleep", "60")
    shell.reach(job_id, "R")
    shell.pbs.kill_node("pbslab")
    assert shell.reach(job_id, "F")["Exit_status"] == -20
    assert shell.facts(job_id) == ("F", 93, -20, 1)


def test_a_node_that_is_back_at_once_starts_its_jobs_anew(
    shell_with: Callable[..., Shell],
) -> None:
    shell = shell_with(delays=FakeDelays())
    job_id = shell.submit("--", "/bin/sleep", "60")
    shell.reach(job_id, "R")
    old = shell.pbs.processes(job_id)
    shell.pbs.kill_node("pbslab")
    shell.pbs.revive_node("pbslab")
    shell.wait(lambda: shell.job(job_id).get("run_count") == 2)
    shell.wait(lambda: shell.pbs.processes(job_id))
    assert not set(old) & set(shell.pbs.processes(job_id))


def test_preemption_requeues_and_runs_again_under_the_same_id(shell: Shell) -> None:
    job_id = shell.script(TICKING.format("attempt"), "-k", "oed", "-j", "oe", "-o", "out")
    first = shell.read("out").split()[1]
    assert shell.pbs.preempt(job_id, rest_s=1.0)
    assert shell.facts(job_id) == ("Q", 10, -11, 1)
    assert shell.reach(job_id, "R")["run_count"] == 2
    shell.wait(lambda: shell.read("out").split()[-1] != first)
    assert shell.read("out").split()[1] == first


def test_elements_are_preempted_singly_and_together(shell: Shell) -> None:
    array = shell.submit("-J", "0-2", "--", "/bin/sleep", "60")
    shell.wait(lambda: "Running:3" in shell.job(array)["array_state_count"])
    assert shell.pbs.preempt("0[1]", rest_s=60.0)
    assert shell.facts("0[1].pbslab") == ("Q", 10, -11, 1)
    assert shell.job(array)["array_state_count"] == "Queued:1 Running:2 Exiting:0 Expired:0"
    assert shell.pbs.preempt(array, rest_s=60.0)
    assert shell.job(array)["array_indices_remaining"] == "0-2"


def test_all_of_the_environment_goes_along_if_asked(shell: Shell) -> None:
    given = shell.job(shell.submit("-h", "-V", "--", "/bin/true"))["Variable_List"]
    assert given["PATH"] == given["PBS_O_PATH"]


def test_jobs_that_may_not_run_twice_are_spared(shell: Shell) -> None:
    job_id = shell.submit("-r", "n", "--", "/bin/sleep", "60")
    shell.reach(job_id, "R")
    assert not shell.pbs.preempt(job_id)
    assert shell.facts(job_id)[0] == "R"


def test_suspended_jobs_stand_still(shell: Shell) -> None:
    job_id = shell.script(TICKING.format("tick"), "-k", "oed", "-j", "oe", "-o", "out")
    shell.read("out")
    shell.pbs.suspend(job_id)
    assert shell.facts(job_id)[:2] == ("S", 45)
    before = shell.read("out")
    shell.pbs.resume(job_id)
    assert shell.facts(job_id)[:2] == ("R", 42)
    shell.wait(lambda: shell.read("out") != before)


def test_commands_of_a_server_that_is_down(shell: Shell) -> None:
    job_id = shell.submit("--", "/bin/sleep", "1")
    with shell.pbs.server_down():
        refused = "Connection refused\n{}: cannot connect to server pbslab (errno=15010)\n"
        assert shell.outcome("qsub", "--", "/bin/true") == (162, "", refused.format("qsub"))
        assert shell.outcome("qsig", job_id) == (162, "", refused.format("qsig"))
        assert shell.outcome("qstat", job_id) == (255, "", refused.format("qstat"))
        assert shell.outcome("qdel", job_id) == (
            162,
            "",
            "Connection refused\nCouldn't connect to cluster: pbslab\n",
        )
        code, printed, words = shell.outcome("qstat", "-f", "-F", "json", job_id)
        assert (code, words) == (255, refused.format("qstat"))
        assert '"pbs_server":\t"pbslab"\n}\n' in printed
    assert shell.reach(job_id, "F")["Exit_status"] == 0


def test_slow_answers_arrive(shell: Shell) -> None:
    with shell.pbs.slow(1.0):
        begin = time.monotonic()
        assert shell.outcome("qstat") == (0, "", "")
        assert time.monotonic() - begin >= 1.0


def test_a_job_whose_launch_keeps_failing_is_held(shell: Shell) -> None:
    with shell.pbs.broken_launches():
        job_id = shell.submit("--", "/bin/true")
        job = shell.reach(job_id, "H")
    assert shell.facts(job_id) == ("H", 20, -3, 21)
    assert job["comment"] == "job held, too many failed attempts to run"


def test_a_user_without_a_home_is_minus_2(shell_with: Callable[..., Shell], tmp_path: Path) -> None:
    shell = shell_with()
    shell.pbs.home.rmdir()
    job_id = shell.submit("--", "/bin/true")
    assert shell.reach(job_id, "F")["Exit_status"] == -2


def test_after_a_restart_jobs_go_on_where_they_were(shell: Shell) -> None:
    ended = shell.submit("-W", "block=true", "--", "/bin/true")
    running = shell.submit("--", "/bin/sleep", "60")
    array = shell.submit("-h", "-J", "0-9", "--", "/bin/true")
    shell.reach(running, "R")
    old = shell.pbs.processes(running)
    shell.pbs.restart()
    shell.wait(lambda: shell.job(running).get("run_count") == 2)
    assert shell.job(ended)["job_state"] == "F"
    assert shell.job(array)["job_state"] == "H"
    assert not set(old) & set(shell.pbs.processes(running))
    assert shell.submit("--", "/bin/true") == "3.pbslab"


def test_nothing_is_left_when_it_stops(tmp_path: Path) -> None:
    options = FakePbsOptions(delays=HURRIED, nodes=(FakeNode(name="a"), FakeNode(name="b")))
    with FakePbs(tmp_path / "pbs", options) as pbs:
        shell = Shell(pbs, tmp_path)
        job_id = shell.script("trap '' TERM; setsid sleep 600 & sleep 600\n")
        shell.wait(lambda: len(pbs.processes(job_id)) >= 4)
        left = pbs.processes(job_id)
        pbs.kill_node("a")
        shell.wait(lambda: shell.job(job_id).get("run_count") == 2)
        left += pbs.processes(job_id)
    assert list(tmp_path.iterdir()) == []
    assert not [pid for pid in left if _is_alive(pid)]


def _is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from hpcmlff.testing.fake_pbs import *; "
        "pbs = FakePbs(Path(sys.argv[1])); pbs.start(); "
        "print(pbs._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "pbs")], capture_output=True, check=False
    )
    daemon = int(done.stdout)
    end = time.monotonic() + DEADLINE_S
    while _is_alive(daemon):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("name", ["kill_node", "revive_node"])
def test_unknown_nodes_are_refused(shell: Shell, name: str) -> None:
    with pytest.raises(LookupError, match="Unknown node nosuch"):
        getattr(shell.pbs, name)("nosuch")
    assert os.environ["PATH"] in shell.pbs.environment["PATH"]

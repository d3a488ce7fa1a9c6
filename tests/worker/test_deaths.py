"""What the process that started a cell's process writes down when it was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpcmlff.files import read_json
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.layout import AttemptFolder, CellFolder
from hpcmlff.worker import deaths
from hpcmlff.worker.deaths import Death, Deaths
from hpcmlff.worker.oom_kills import OomKills, count_kills


@pytest.fixture
def cell(tmp_path: Path) -> CellFolder:
    return CellFolder(tmp_path / "cell")


def process(pid: int) -> dict[str, int]:
    return {"pid": pid, "started": 7}


def attempt_of(cell: CellFolder, pid: int) -> AttemptFolder:
    attempt = claim(cell)
    record_start(attempt, {"record": 1, "process": process(pid)})
    return attempt


def died(signal: str = "SIGKILL", asked: str = "") -> Death:
    return Death(signal=signal, reason="its process was killed", asked=asked)


def test_the_signal_is_written_down(cell: CellFolder) -> None:
    attempt = attempt_of(cell, 11)
    assert Deaths().note(cell, process(11), died("SIGSEGV")) is None
    assert read_json(attempt.end) == {
        "outcome": "killed",
        "reason": "its process was killed",
        "signal": "SIGSEGV",
    }


def test_why_it_had_been_asked_to_stop_is_written_down(cell: CellFolder) -> None:
    attempt = attempt_of(cell, 11)
    Deaths().note(cell, process(11), died(asked="SIGTERM"))
    assert read_json(attempt.end)["asked"] == "SIGTERM"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ({"outcome": "done"}, 0),
        ({"outcome": "stopped"}, 75),
        ({"outcome": "failed", "exit_code": 6}, 6),
        ({"outcome": "failed"}, 70),
    ],
)
def test_what_has_written_its_own_end_before_it_was_killed_keeps_it(
    cell: CellFolder, end: dict[str, Any], code: int
) -> None:
    attempt = attempt_of(cell, 11)
    record_end(attempt, end)
    assert Deaths().note(cell, process(11), died()) == code
    assert read_json(attempt.end) == end


def test_an_attempt_that_is_not_the_process_s_own_is_left_alone(cell: CellFolder) -> None:
    attempt = attempt_of(cell, 11)
    assert Deaths().note(cell, process(12), died()) is None
    assert Deaths().note(cell, None, died()) is None
    assert not attempt.end.exists()


def test_each_kill_of_the_kernel_explains_one_death(
    cell: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = [OomKills(group=3, machine=7), OomKills(group=4, machine=8)]
    monkeypatch.setattr(deaths, "count_kills", lambda: counts[-1])
    watch = Deaths(counted=counts[0])
    watch.look()
    ends = []
    for pid, signal in enumerate(("SIGSEGV", "SIGKILL", "SIGKILL")):
        attempt = attempt_of(cell, pid)
        watch.note(cell, process(pid), died(signal))
        ends.append(read_json(attempt.end).get("oom"))
    assert ends == [None, "in the job's control group", None]


@pytest.mark.parametrize(
    ("cgroup", "file", "text"),
    [
        ("0::/jobs/7\n", "jobs/7/memory.events", "low 0\noom 9\noom_kill 5\n"),
        (
            "4:memory:/jobs/7\n0::/\n",
            "memory/jobs/7/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
        ),
    ],
)
def test_both_kinds_of_control_groups_are_read(
    tmp_path: Path, cgroup: str, file: str, text: str
) -> None:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "cgroup").write_text(cgroup)
    (tmp_path / "proc" / "vmstat").write_text("pgfault 1\noom_kill 6\n")
    (tmp_path / "groups" / file).parent.mkdir(parents=True)
    (tmp_path / "groups" / file).write_text(text)
    assert count_kills(tmp_path / "proc", tmp_path / "groups") == OomKills(group=5, machine=6)


def test_where_nothing_can_be_read_nothing_is_counted(tmp_path: Path) -> None:
    assert count_kills(tmp_path, tmp_path) == OomKills(group=0, machine=0)
    before, after = OomKills(group=0, machine=0), OomKills(group=1, machine=3)
    assert after.since(before) == ["in the job's control group", "on the machine", "on the machine"]

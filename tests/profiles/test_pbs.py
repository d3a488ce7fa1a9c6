"""Profiles beside a fake PBS: recognised, checked with a probe job, detected."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pbs.coverage_in_jobs import coverage_in_jobs

from hpcmlff.errors import ProfileError, SchedulerError
from hpcmlff.executors.lookup import load_profile, read_profile
from hpcmlff.executors.pbs_reading import parse_facts
from hpcmlff.executors.pbs_records import clock_s, flag, size_mb, whole
from hpcmlff.executors.recognition import Machine, choose_profile
from hpcmlff.profiles.__main__ import main
from hpcmlff.profiles.detect_pbs import render_pbs
from hpcmlff.profiles.outcome_pbs import pbs_findings
from hpcmlff.spec.profile import Partition, PbsProfile
from hpcmlff.testing.fake_pbs import HURRIED, FakeNode, FakePbs, FakePbsOptions, FakeQueue

Start = Callable[..., FakePbs]

NODES = (
    FakeNode(name="cn1", ncpus=40, mem_gb=180.0),
    FakeNode(name="gpu1", ncpus=40, mem_gb=180.0, ngpus=2),
)
QUEUES = (
    FakeQueue(name="workq", max_walltime_s=72 * 3600, max_ngpus=0),
    FakeQueue(name="gpuq", max_walltime_s=48 * 3600),
    FakeQueue(name="closed", enabled=False),
)
PROFILE = """\
name: mine
scheduler: pbs
recognise: {hosts: [login*]}
partitions:
  - {name: workq, cpus: 40, mem_gb: 180, walltime: 72h}
  - {name: gpuq, cpus: 40, mem_gb: 180, gpus: 2, walltime: 48h}
array_cap: 1000
grace: 5s
poll_interval: 30s
history: true
"""
NEEDS_JOBS_THAT_SUBMIT = (
    "requeue: scheduler needs jobs that may submit the next one; write submit_from_jobs: true "
    "if qsub works on nodes, else requeue: chain or manual"
)
NOT_TRIED = (
    "no probe job: not tried whether a job is accepted, Python starts on the node, signals "
    "reach it, and it may requeue itself\n"
)


@pytest.fixture
def start(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a PBS whose commands are found first; jobs need the system's own as well."""
    with ExitStack() as stack:

        def run(**changes: Any) -> FakePbs:
            given = {"delays": HURRIED, "nodes": NODES, "queues": QUEUES, "array_cap": 1000}
            measured = {"job_environment": coverage_in_jobs()}
            options = FakePbsOptions(**{**given, **measured, **changes})
            pbs = stack.enter_context(FakePbs(place / "a pbs", options))
            search = f"{pbs.bin}{os.pathsep}{place / 'bin'}"
            for name in ("mkdir", "date", "tr"):
                (place / "bin" / name).symlink_to(f"/bin/{name}")
            monkeypatch.setenv("PATH", search)
            return pbs

        yield run


def checked(
    capsys: pytest.CaptureFixture[str], place: Path, *changes: tuple[str, str], job: bool = False
) -> tuple[int, list[str], str]:
    text = PROFILE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (place / "mine.yaml").write_text(text)
    code = main(["check", "mine.yaml", *([] if job else ["--no-job"])])
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0] == "profile 'mine' on the cluster 'pbslab', PBS 23.06.06"
    return code, [line.replace("mine.yaml:", "") for line in lines[1:]], told.err


def test_a_profile_that_says_what_the_cluster_says_fits(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    assert checked(capsys, place) == (0, ["the profile fits"], NOT_TRIED)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            "name: workq",
            "name: workqq",
            (
                "error: 5: partitions.0.name: profile: workqq; cluster: no such partition. "
                "Did you mean 'workq'?"
            ),
        ),
        (
            "cpus: 40, mem_gb: 180, walltime: 72h",
            "cpus: 40, mem_gb: 181, walltime: 72h",
            "error: 5: partitions.0.mem_gb: profile: 181; cluster: 180 at most. Lower it to 180",
        ),
        (
            "cpus: 40, mem_gb: 180, walltime: 72h",
            "cpus: 40, mem_gb: 180, gpus: 1, walltime: 72h",
            "error: 5: partitions.0.gpus: profile: 1; cluster: 0 at most. Remove the key",
        ),
        (
            "walltime: 48h",
            "walltime: 49h",
            "error: 6: partitions.1.walltime: profile: 49h; cluster: 2d at most. Lower it to 2d",
        ),
        (
            "name: gpuq",
            "name: closed",
            (
                "error: 6: partitions.1.name: profile: closed; cluster: it is DOWN. "
                "Wait until it is up, or remove it"
            ),
        ),
        (
            "array_cap: 1000",
            "array_cap: 1001",
            (
                "error: 7: array_cap: profile: 1001; cluster: 1000 at most (max_array_size). "
                "Lower it to 1000"
            ),
        ),
        (
            "history: true",
            "history: false",
            (
                "note: 10: history: profile: false; cluster: finished jobs are remembered. "
                "Write true: then the causes of failures are known"
            ),
        ),
        (
            "grace: 5s",
            "grace: 90s",
            (
                "note: 8: grace: profile: 90s; cluster: a cancelled job is killed after 10s "
                "(kill_delay). A cancelled cell may lose what it did since its last checkpoint"
            ),
        ),
    ],
)
def test_a_difference_names_line_key_both_sides_and_the_change(
    start: Start,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    finding: str,
) -> None:
    start()
    _, found, _ = checked(capsys, place, (old, new))
    assert finding in found


def test_a_history_that_is_not_kept_is_an_error(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(history=False)
    code, found, _ = checked(capsys, place)
    cluster = "finished jobs are forgotten (job_history_enable)"
    expected = f"error: 10: history: profile: true; cluster: {cluster}. Write false"
    assert (code, found[0]) == (1, expected)


def test_the_probe_job_tells_what_reaches_it(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(submit_from_jobs=True)
    code, found, said = checked(capsys, place, job=True)
    assert "heard USR2, TERM, and may submit jobs" in said
    assert (code, found) == (
        0,
        [
            (
                "note: 1: submit_from_jobs: profile: false; cluster: qsub works on the node. "
                "With true and requeue: scheduler jobs go on by themselves"
            ),
            "the profile fits",
        ],
    )
    assert not list(place.glob("hpcmlff-check-*"))


def test_a_probe_job_that_may_not_submit_refutes_a_profile_that_says_so(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(submit_from_jobs=False)
    again = "history: true\nrequeue: scheduler\nsubmit_from_jobs: true"
    code, found, said = checked(capsys, place, ("history: true", again), job=True)
    assert "and may not submit jobs" in said
    assert (code, found[0]) == (
        1,
        (
            "error: 12: submit_from_jobs: profile: true; cluster: qsub does not work on the node "
            "(refused: qsub: Bad UID for job execution). Write false, and requeue: chain or manual"
        ),
    )


def test_a_probe_job_that_is_refused_or_waits_is_told(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queues = (FakeQueue(name="workq", started=False), QUEUES[1])
    start(queues=queues)
    (place / "mine.yaml").write_text(PROFILE)
    main(["check", "mine.yaml", "--wait", "1", "--json"])
    found = json.loads(capsys.readouterr().out)["differences"]
    assert found[-1]["cluster"] == "the probe job waited longer than 1 s (PBS does not say why)"
    (place / "mine.yaml").write_text(PROFILE.replace("name: workq", "name: nosuch"))
    main(["check", "mine.yaml", "--json"])
    found = json.loads(capsys.readouterr().out)["differences"]
    assert found[-1]["cluster"] == "the probe job was refused: qsub: Unknown queue"


def test_a_first_profile_fits_the_cluster_it_was_made_from(
    start: Start, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start()
    assert main(["detect", "-o", "mine.yaml"]) == 0
    capsys.readouterr()
    assert main(["check", "mine.yaml", "--no-job"]) == 0
    profile = read_profile(place / "mine.yaml")
    assert isinstance(profile, PbsProfile)
    offers = [(one.name, one.cpus, one.mem_gb, one.gpus) for one in profile.partitions]
    assert offers == [("workq", 40, 180.0, 0), ("gpuq", 40, 180.0, 2)]
    assert (profile.array_cap, profile.history, profile.requeue) == (1000, True, "manual")
    assert "  # Left out: closed, which is DOWN" in (place / "mine.yaml").read_text()
    capsys.readouterr()
    assert main(["detect"]) == 0
    assert capsys.readouterr().out.startswith("# Made from what PBS 23.06.06 says of the server")


def test_a_cluster_without_a_profile_says_what_to_do(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    monkeypatch.setattr(socket, "gethostname", lambda: "head1")
    with pytest.raises(ProfileError, match="no profile recognises this machine, and PBS runs"):
        choose_profile(None, lambda _: None)


def test_queues_find_their_nodes_by_name_or_by_label() -> None:
    server = "Server: s\n    default_queue = a\n    job_history_enable = False\n\n"
    queues = (
        "Queue: a\n    queue_type = Execution\n    enabled = True\n    started = True\n"
        "    resources_max.mem = 2gb\n    max_queued = [o:PBS_ALL=50],[u:PBS_GENERIC=20]\n\n"
        "Queue: b\n    queue_type = Execution\n    default_chunk.Qlist = fat\n    kill_delay = 60\n"
        "    max_array_size = 5\n\n"
        "Queue: c\n    queue_type = Execution\n\n"
        "Queue: route\n    queue_type = Route\n\n"
        "Queue: inner\n    queue_type = Execution\n    from_route_only = True\n\n"
    )
    nodes = "".join(
        f"{name}\n     state = {state}\n     pcpus = 4\n     resources_available.mem = 4194304kb\n"
        f"{extra}\n"
        for name, state, extra in (
            ("n1", "free", "     resources_available.Qlist = thin,fat\n"),
            ("n2", "down,offline", ""),
            ("n3", "job-busy", "     queue = c\n"),
        )
    )
    facts = parse_facts(server, queues, nodes)
    found = {
        one.name: [(node.name, node.mem_mb, node.state) for node in one.nodes]
        for one in facts.partitions
    }
    assert found == {
        "a": [("n1", 2048, "IDLE"), ("n2", 2048, "DOWN")],
        "b": [("n1", 4096, "IDLE")],
        "c": [("n3", 4096, "ALLOCATED")],
    }
    assert facts.array_caps == {"max_queued of a": 20, "max_array_size of b": 5}
    assert (facts.kill_delay_s, facts.history) == (10, False)
    assert not facts.is_preemptible(facts.partitions[0])


def test_without_a_queue_to_use_there_is_no_first_profile() -> None:
    facts = parse_facts("Server: s\n", "Queue: a\n    queue_type = Execution\n", "")
    with pytest.raises(SchedulerError, match="PBS shows no queue that you can use\n  a, which is"):
        render_pbs(facts, Machine(hosts=("h",), environment={}), "x")


def test_values_of_pbs_are_read() -> None:
    assert [size_mb(text) for text in ("24gb", "25165824kb", "1tb", "5b", "12w", None)] == [
        24576,
        24576,
        1048576,
        0,
        None,
        None,
    ]
    assert [clock_s(text) for text in ("72:00:00", "10:30", "45", "soon", None)] == [
        259200,
        630,
        45,
        None,
        None,
    ]
    assert (flag("True"), flag("False"), flag(None)) == (True, False, False)
    assert (whole("12"), whole("x"), whole(None)) == (12, None, None)


def test_the_profile_that_comes_along_says_what_it_promises() -> None:
    profile = load_profile("sabarmati")
    assert isinstance(profile, PbsProfile)
    assert [one.gpus for one in profile.partitions] == [0, 2]
    assert (profile.array_cap, profile.history, profile.submit_from_jobs) == (1000, False, False)
    assert profile.requeue == "manual"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "requeue: scheduler\n",
            f"mine.yaml:1: submit_from_jobs: {NEEDS_JOBS_THAT_SUBMIT} (found false)",
        ),
        (
            "requeue: scheduler\nsubmit_from_jobs: false\n",
            f"mine.yaml:5: submit_from_jobs: {NEEDS_JOBS_THAT_SUBMIT} (found false)",
        ),
        (
            "qos: normal\n",
            'mine.yaml:4: qos: qos is a key of Slurm\'s profiles, PBS has none (found "normal")',
        ),
        (
            "accounting: true\n",
            (
                "mine.yaml:4: accounting: accounting is a key of Slurm's profiles, PBS has none "
                "(found true)"
            ),
        ),
    ],
)
def test_keys_that_pbs_cannot_follow_are_refused(place: Path, lines: str, message: str) -> None:
    queue = "{name: workq, cpus: 1, mem_gb: 1, walltime: 1h}"
    text = f"name: mine\nscheduler: pbs\npartitions: [{queue}]\n{lines}"
    (place / "mine.yaml").write_text(text)
    with pytest.raises(ProfileError) as caught:
        read_profile(Path("mine.yaml"))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("qos: long", "mine.yaml:3: partitions: the queue 'workq' has a qos, which PBS"),
        ("gpu_kind: a100", "mine.yaml:1: gpu_kind_resource: the queue 'workq' has a gpu_kind; "),
    ],
)
def test_queues_say_nothing_that_pbs_does_not_know(place: Path, extra: str, message: str) -> None:
    queue = f"{{name: workq, cpus: 1, mem_gb: 1, walltime: 1h, {extra}}}"
    (place / "mine.yaml").write_text(f"name: mine\nscheduler: pbs\npartitions: [{queue}]\n")
    with pytest.raises(ProfileError) as caught:
        read_profile(Path("mine.yaml"))
    assert str(caught.value).startswith(message)


def test_signals_that_do_not_reach_python_are_told() -> None:
    queue = Partition(name="workq", cpus=1, mem_gb=1.0, walltime="1h")
    profile = PbsProfile(name="p", scheduler="pbs", partitions=(queue,))
    [found] = pbs_findings(profile, {"signals": ["USR2"], "requeue": "refused: no"})
    assert (found.key, found.profile) == (("setup",), "nothing")
    assert found.cluster == "SIGTERM did not reach Python on the node"

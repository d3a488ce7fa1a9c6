"""Why cells ended, on a fake PBS that does what OpenPBS does; and what follows by the rules."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cluster.study import SIZE, Study
from diagnosis.mischief import write_plug_in
from pbs.conftest import StartPbs
from pbs.pbs_study import AGAIN, pbs_study, queue, sabarmati, started

from hpcmlff import status
from hpcmlff.diagnosis import diagnosed
from hpcmlff.executors.commands import run_command
from hpcmlff.testing.fake_pbs import HURRIED, FakePbs

GIB = 2**30


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def causes(study: Study, number: int = 0) -> list[tuple[int, str]]:
    """Return number and cause of a cell's attempts, the oldest first."""
    found = diagnosed(study.store, study.cells[number])
    return [(one.attempt, one.cause.value) for one in reversed(found)]


def memory(study: Study) -> list[float]:
    """Return the memory of each submission, GiB."""
    return [record.placement["mem_gb"] for record in study.records]


def glutton(
    folder: Path, monkeypatch: pytest.MonkeyPatch, eaten_gb: float, **profile: Any
) -> Study:
    """Write a study of one cell that eats memory, half a GiB of which it asks for."""
    plug_in = write_plug_in(folder / "plug-in")
    monkeypatch.syspath_prepend(plug_in)
    setup = [f"export PYTHONPATH='{plug_in}'"]
    study = pbs_study(folder, setup=setup, **profile)
    study.write_grid(
        axes={"model": ["glutton"], "size": [SIZE], "seed": [0]},
        models={"glutton": {"eaten_gb": eaten_gb, "steps": 4, "step_s": 0.2}},
        resources=[{"mem_gb": 0.5}],
    )
    return study


@pytest.mark.parametrize("history", [True, False])
def test_memory_grows_by_half_until_it_suffices_and_is_kept(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: bool
) -> None:
    start_pbs(history=history, enforce_mem=True)
    study = glutton(tmp_path, monkeypatch, eaten_gb=1.2, history=history)
    assert study.submit() == 0
    study.await_states("stopped")
    [standing] = study.standings()
    assert standing.diagnosis is not None
    assert standing.reason.endswith("; goes on with 1 GiB")
    assert "exceeded limit 524288 kb" in " ".join(standing.diagnosis.evidence)
    assert study.resume() == 0
    study.await_states("stopped")
    assert study.resume() == 0
    study.await_states("done")
    assert memory(study) == [0.5, 1.0, 1.5]
    assert [record.raised for record in study.records] == [(), *[(study.cells[0].id,)] * 2]
    assert causes(study) == [(1, "out of memory"), (2, "out of memory"), (3, "finished")]


def test_memory_stops_at_the_most_that_a_queue_offers_and_says_so(
    start_pbs: StartPbs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start_pbs(enforce_mem=True)
    small = [{"name": "workq", "cpus": 4, "mem_gb": 0.8, "walltime": "1h"}]
    study = glutton(tmp_path, monkeypatch, eaten_gb=1.2, partitions=small)
    assert study.submit() == 0
    study.await_states("stopped")
    assert study.resume() == 0
    study.await_states("failed")
    assert memory(study) == [0.5, 0.8]
    most = "out of memory: it had the most memory that a job can get here"
    assert study.standings()[0].reason.endswith(most)
    for _ in range(2):
        assert study.resume() == 0
    assert len(study.records) == 2
    capsys.readouterr()
    assert status.main([str(study.store.path), "--failed"]) == 0
    text = capsys.readouterr().out
    assert "out of memory: 1 failed" in text
    assert "  > It had the most memory that a job can get here. Choose a smaller size" in text
    # A profile with more room lets it go on; nobody has to ask for a retry.
    study.write_profile(**sabarmati(setup=[f"export PYTHONPATH='{tmp_path / 'plug-in'}'"]))
    assert study.resume() == 0
    study.await_states("done")
    assert memory(study) == [0.5, 0.8, 1.5]


def test_raised_memory_survives_other_ends(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_pbs(enforce_mem=True)
    study = glutton(tmp_path, monkeypatch, eaten_gb=0.7)
    study.write_grid(
        axes={"model": ["glutton"], "size": [SIZE], "seed": [0]},
        models={"glutton": {"eaten_gb": 0.7, "steps": 200, "step_s": 0.05}},
        resources=[{"mem_gb": 0.5}],
    )
    assert study.submit() == 0
    study.await_states("stopped")
    assert study.resume() == 0
    study.await_that(lambda: study.attempt(2).generations(), "a checkpoint")
    assert study.cancel() == 0
    study.await_states("stopped")
    assert study.resume() == 0
    study.await_states("done")
    assert memory(study) == [0.5, 1.0, 1.0]
    assert causes(study) == [(1, "out of memory"), (2, "cancelled"), (3, "finished")]


def test_a_job_that_can_submit_the_next_one_gives_it_more_memory(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_pbs(submit_from_jobs=True)
    # The shell's own limit makes Python raise a MemoryError, which the job survives.
    partitions = [
        {"name": "workq", "cpus": 4, "mem_gb": 1, "walltime": "1h"},
        {"name": "gpuq", "cpus": 4, "mem_gb": 2, "gpus": 1, "walltime": "1h"},
    ]
    study = glutton(tmp_path, monkeypatch, eaten_gb=64, partitions=partitions, **AGAIN)
    limited = [f"export PYTHONPATH='{tmp_path / 'plug-in'}'", f"ulimit -v {8 * GIB // 1024}"]
    study.write_profile(**sabarmati(partitions=partitions, setup=limited, **AGAIN))
    assert study.submit() == 0
    study.await_states("failed")
    assert memory(study) == [0.5, 1.0, 1.5, 2.0]
    assert [record.placement["partition"] for record in study.records] == [
        "workq",
        "workq",
        "gpuq",
        "gpuq",
    ]
    assert [record.successor_of for record in study.records] == [None, 1, 2, 3]
    assert causes(study) == [(number, "out of memory") for number in (1, 2, 3, 4)]


def test_a_chain_leaves_a_cell_that_needs_more_memory_to_resume(
    start_pbs: StartPbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_pbs(enforce_mem=True)
    chained = {"requeue": "chain", "chain_length": 3}
    study = glutton(tmp_path, monkeypatch, eaten_gb=0.7, **chained)
    assert study.submit() == 0
    study.await_that(lambda: all(record.ended for record in _seen(study)), "the chain to end")
    assert study.attempts() == [1]
    assert "the cell ran out of memory in the job before" in study.output()
    assert study.states() == ["stopped"]
    assert study.resume() == 0
    study.await_states("done")
    assert memory(study) == [0.5] * 3 + [1.0] * 3


def _seen(study: Study) -> list[Any]:
    study.states()
    return study.records


@pytest.mark.parametrize("history", [True, False])
def test_a_walltime_is_told_whether_the_cell_stopped_or_was_killed(
    start_pbs: StartPbs, tmp_path: Path, history: bool
) -> None:
    start_pbs(delays=replace(HURRIED, kill_s=0.1), history=history)
    # The second step ends after the walltime, so that no safe point comes in time.
    study = started(tmp_path, step_s=5.0, steps=2, partitions=queue("10s"), history=history)
    study.await_states("stopped")
    assert study.end(1) == {}
    study.write_profile(**sabarmati(partitions=queue("11s"), history=history))
    assert causes(study) == [(1, "walltime")]
    evidence = diagnosed(study.store, study.cells[0])[0].evidence
    assert "PBS: TIMEOUT" in evidence
    assert any("=>> PBS: job killed: walltime" in line for line in evidence)


def test_a_deleted_a_preempted_and_a_lost_job_are_told_apart(pbs: FakePbs, tmp_path: Path) -> None:
    study = started(tmp_path, step_s=0.15, steps=60)
    [job] = study.jobs
    assert pbs.preempt(job, rest_s=0.5)
    study.await_that(lambda: study.attempts() == [2], "the second attempt")
    assert causes(study) == [(1, "preempted")]
    study.await_that(lambda: study.attempt(2).generations(), "a checkpoint")
    pbs.kill_node(_node(study, job))
    study.await_that(lambda: study.attempts() == [3], "the third attempt")
    assert causes(study) == [(1, "preempted"), (2, "node lost")]
    study.await_that(lambda: study.attempt(3).generations(), "a checkpoint")
    run_command(["qdel", job])
    study.await_states("stopped")
    assert causes(study) == [(1, "preempted"), (2, "node lost"), (3, "cancelled")]
    [*_, first] = diagnosed(study.store, study.cells[0])
    assert "the scheduler has run the same job again" in first.evidence


def _node(study: Study, job: str) -> str:
    text = run_command(["qstat", "-f", job])
    line = next(line for line in text.splitlines() if "exec_host = " in line)
    return line.partition("= ")[2].partition("/")[0]


def test_jobs_that_cannot_find_hpcmlff_have_a_broken_environment(
    start_pbs: StartPbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_pbs()
    study = pbs_study(tmp_path, python="/no/such/python", attempts_without_progress=2)
    for _ in range(2):
        assert study.submit("--wait") == 1
    assert study.states() == ["failed"]
    assert causes(study) == [(0, "environment broken")]
    capsys.readouterr()
    assert status.main([str(study.store.path), "--failed"]) == 0
    text = capsys.readouterr().out
    assert "environment broken: 1 failed" in text
    assert "2 jobs in a row ended before the cell began" in text
    assert "/no/such/python: No such file or directory" in text
    assert status.main([str(study.store.path), "--failed", "--json"]) == 0
    [cell] = json.loads(capsys.readouterr().out)["cells"]
    assert cell["diagnoses"][0]["cause"] == "environment broken"

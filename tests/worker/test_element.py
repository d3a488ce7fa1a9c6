"""One element of an array, in a process of its own as Slurm starts it, without a Slurm."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.files import read_json
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.headers import is_done
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store

Settled = Callable[..., tuple[Store, FrozenGrid]]

CODE = """
import sys
from hpcmlff.worker.element import run_element
outcome = run_element(sys.argv[1], int(sys.argv[2]))
with open(sys.argv[3], "w") as file:
    file.write(outcome)
"""
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
)


def intend(store: Store, frozen: FrozenGrid, walltime_s: int = 3600, **given: Any) -> Record:
    placement = Placement(
        partition="cpu",
        cpus=1,
        gpus=0,
        mem_gb=given.pop("mem_gb", 4.0),
        walltime_s=walltime_s,
        parallel=2,
        cells_per_element=1,
    )
    intent = Intent(
        profile=PROFILE.model_dump(mode="json") | given.pop("profile", {}),
        cells=tuple(cell.id for cell in frozen.cells),
        mark="mark",
        revision=1,
        placement=asdict(placement),
        **given,
    )
    return store.ledger.intend(intent)


def element(store: Store, record: Record, number: int = 0) -> tuple[int, str]:
    """Run one element; return its exit code and what became of it."""
    variables = {"SLURM_JOB_ID": "64", "SLURM_ARRAY_JOB_ID": "63"}
    outcome = store.path.parent / "outcome"
    outcome.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(store.path), str(record.number), str(outcome)],
        env=os.environ | variables | {"SLURM_ARRAY_TASK_ID": str(number)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, outcome.read_text() if outcome.exists() else done.stderr


def test_an_element_trains_its_cell_and_confirms_a_submission_that_was_cut_off(
    settled: Settled,
) -> None:
    store, frozen = settled(axes="{model: [mean], size: [10, 20]}")
    record = intend(store, frozen)
    assert element(store, record, 1) == (0, "done")
    assert [is_done(store.cell(cell)) for cell in frozen.cells] == [False, True]
    assert store.ledger.read(1).job == {"job_id": "63", "elements": 2, "user": getpass.getuser()}
    start = read_json(store.cell(frozen.cells[1]).attempt(1).start)
    assert start["record"] == 1


def test_an_element_of_a_submission_that_was_given_up_or_cancelled_does_nothing(
    settled: Settled,
) -> None:
    store, frozen = settled(axes="{model: [mean], size: [10]}")
    record = intend(store, frozen)
    store.ledger.cancel(record)
    assert element(store, record) == (0, "nothing to do: it was cancelled")
    store.ledger.close(record)
    told = "nothing to do: its submission was given up, or is over"
    assert element(store, record) == (0, told)
    assert store.cell(frozen.cells[0]).attempts() == []


def test_the_rest_of_a_chain_leaves_a_failed_cell_alone_and_a_retry_does_not(
    settled: Settled,
) -> None:
    store, frozen = settled(axes="{model: [mean], size: [10]}")
    record_end(claim(store.cell(frozen.cells[0])), {"outcome": "failed"})
    first = intend(store, frozen)
    store.ledger.confirm(first, {"job_id": "62", "elements": 1, "user": "me"})
    after = intend(store, frozen, after=first.number)
    told = "nothing to do: the cell has failed in the job before"
    assert element(store, after) == (0, told)
    assert element(store, first) == (0, "done")


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (
            {"outcome": "failed", "cause": "out of memory"},
            "nothing to do: the cell ran out of memory in the job before; `resume` gives 6 GiB",
        ),
        (
            {"outcome": "failed", "cause": "diverged"},
            "nothing to do: the cell has failed in the job before",
        ),
        ({"outcome": "failed", "cause": "node lost"}, "done"),
        ({"outcome": "stopped", "reason": "the job's walltime is ending"}, "done"),
        (
            {"outcome": "killed", "signal": "SIGKILL", "oom": "on the machine"},
            "nothing to do: the cell ran out of memory in the job before; `resume` gives 6 GiB",
        ),
    ],
)
def test_the_rest_of_a_chain_follows_the_rule_of_the_cause(
    settled: Settled, end: dict[str, Any], told: str
) -> None:
    store, frozen = settled(axes="{model: [mean], size: [10]}")
    first = intend(store, frozen)
    store.ledger.confirm(first, {"job_id": "62", "elements": 1, "user": "me"})
    attempt = claim(store.cell(frozen.cells[0]))
    record_start(attempt, {"record": first.number})
    record_end(attempt, end)
    assert element(store, intend(store, frozen, after=first.number)) == (0, told)


def test_a_job_that_is_run_again_leaves_a_cell_whose_rule_says_stop(settled: Settled) -> None:
    rules = {"preempted": "stop"}
    store, frozen = settled(axes="{model: [mean], size: [10]}")
    record = intend(store, frozen, profile={"on_failure": rules})
    attempt = claim(store.cell(frozen.cells[0]))
    record_start(attempt, {"record": record.number})
    record_end(attempt, {"outcome": "stopped", "reason": "SIGTERM", "wall_s": 5.0})
    told = "nothing to do: the cell has failed in the job before"
    assert element(store, record) == (0, told)


def test_a_job_whose_rule_for_its_walltime_is_to_stop_is_not_put_back(settled: Settled) -> None:
    models = "{mean: {steps: 600, step_s: 0.05}}"
    store, frozen = settled(
        axes="{model: [mean], size: [10]}", models=models, on_failure="{walltime: stop}"
    )
    record = intend(store, frozen, walltime_s=33)
    assert element(store, record) == (
        0,
        "stopped; no job goes on: the cell has failed in the job before",
    )


def test_a_cell_that_cannot_be_trained_ends_the_job_with_its_code(settled: Settled) -> None:
    store, frozen = settled(axes="{model: [sgdml], size: [20]}")
    code, _ = element(store, intend(store, frozen, mem_gb=0.01))
    assert code == 6
    end = read_json(store.cell(frozen.cells[0]).attempt(1).end)
    assert (end["outcome"], end["kind"]) == ("failed", "TooLittleMemory")
    assert end["cause"] == "out of memory"


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("manual", "stopped; requeue is 'manual'"),
        ("chain", "stopped; requeue is 'chain'"),
        (
            "scheduler",
            "stopped; not put back into the queue: scontrol: scontrol: error: no answer",
        ),
    ],
)
def test_a_job_whose_time_is_over_commits_and_sees_to_what_follows(
    settled: Settled,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
    told: str,
) -> None:
    scontrol = tmp_path / "scontrol"
    scontrol.write_text("#!/bin/sh\necho 'scontrol: error: no answer' >&2\nexit 1\n")
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    models = "{mean: {steps: 600, step_s: 0.05}}"
    store, frozen = settled(axes="{model: [mean], size: [10]}", models=models)
    # The grace time of half a minute leaves seconds to train.
    record = intend(store, frozen, walltime_s=33, profile={"requeue": policy})
    assert element(store, record) == (0, told)
    attempt = store.cell(frozen.cells[0]).attempt(1)
    assert read_json(attempt.end)["reason"] == "the job's walltime is ending"
    assert len(attempt.generations()) == 1


@pytest.mark.parametrize("state", ["CANCELLED", "COMPLETING"])
def test_a_job_that_is_not_running_any_more_is_not_put_back(
    settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f"#!/bin/sh\n[ $1 = show ] && echo 'JobId=64 JobState={state} X=1 2'\n")
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    models = "{mean: {steps: 600, step_s: 0.05}}"
    store, frozen = settled(axes="{model: [mean], size: [10]}", models=models)
    told = f"stopped; not put back into the queue: Slurm has it as {state}"
    assert element(store, intend(store, frozen, walltime_s=33)) == (0, told)
    log = store.cell(frozen.cells[0]).attempt(1).log.read_text()
    assert log.endswith(f"{told}\n")

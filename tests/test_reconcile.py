from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.console import say
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.reconcile import Standing, survey
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition
from hpcmlff.store.attempts import claim, record_end, record_start
from hpcmlff.store.layout import AttemptFolder
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store

PLACE = Placement(
    partition="cpu",
    cpus=1,
    gpus=0,
    mem_gb=1.0,
    walltime_s=3600,
    parallel=1,
    cells_per_element=1,
)
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
)


class Scene:
    """A store with one cell, and a Slurm that says what a test wants."""

    def __init__(self, store: Store, cell: Cell, programs: Path) -> None:
        self.store, self.cell, self.programs = store, cell, programs
        self.says("squeue", "")
        self.says("sacct", "")

    def says(self, command: str, text: str, code: int = 0) -> None:
        program = self.programs / command
        program.write_text(f"#!/bin/sh\nprintf '%s' '{text}'\nexit {code}\n")
        program.chmod(0o755)

    def submitted(self, *, after: int | None = None, retry: bool = False, beside: int = 0) -> int:
        """Write down a job, with so many cells of others; the first one is job 1."""
        intent = Intent(
            profile=PROFILE.model_dump(mode="json"),
            cells=(self.cell.id, *(f"other {number}" for number in range(beside))),
            mark="mark",
            revision=1,
            placement=asdict(PLACE.for_cells(1 + beside)),
            after=after,
            retry=retry,
        )
        record = self.store.ledger.intend(intent)
        job = {"job_id": str(record.number), "elements": 1, "user": getpass.getuser()}
        self.store.ledger.confirm(record, job)
        return record.number

    def began(self, record: int) -> AttemptFolder:
        attempt = claim(self.store.cell(self.cell))
        record_start(attempt, {"record": record, "process": None})
        return attempt

    def ended(self, record: int, outcome: str, **facts: Any) -> None:
        record_end(self.began(record), {"outcome": outcome, **facts})

    def standing(self) -> Standing:
        [found] = survey(self.store, [self.cell], fresh=True)
        return found

    def state(self) -> tuple[str, str]:
        found = self.standing()
        return found.state.value, found.reason


@pytest.fixture
def scene(grid_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    path = grid_file(axes="{model: [mean], size: [10], seed: [0]}")
    store, frozen = settle(draft(path, say), say)
    return Scene(store, frozen.cells[0], programs)


def test_a_cell_without_a_job_is_pending_and_with_one_queued(scene: Scene) -> None:
    assert scene.state() == ("pending", "")
    scene.submitted()
    scene.says("squeue", "1|N/A|PENDING\n")
    assert scene.state() == ("queued", "")
    # A job that runs, but has not begun its cell.
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == ("queued", "")


def test_a_begun_cell_runs_with_its_job_and_waits_while_that_is_put_back(scene: Scene) -> None:
    scene.began(scene.submitted())
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == ("running", "")
    scene.says("squeue", "1|N/A|PENDING\n")
    assert scene.state() == ("queued", "")


def test_a_cell_whose_job_is_gone_was_killed_and_the_cause_is_told(scene: Scene) -> None:
    scene.began(scene.submitted())
    scene.says("sacct", "1|NODE_FAIL|0:0\n")
    assert scene.state() == ("stopped", "its process was killed (NODE_FAIL)")


def test_a_cell_that_stopped_waits_for_its_job_to_come_again_or_for_somebody(
    scene: Scene,
) -> None:
    scene.ended(scene.submitted(), "stopped", reason="SIGUSR2")
    scene.says("squeue", "1|N/A|COMPLETING\n")
    assert scene.state() == ("queued", "")
    scene.says("squeue", "")
    assert scene.state() == ("stopped", "SIGUSR2")


def test_a_failed_cell_stays_failed_whatever_of_its_chain_is_left(scene: Scene) -> None:
    first = scene.submitted()
    scene.submitted(after=first)
    scene.ended(first, "failed", message="too little memory")
    scene.says("squeue", "2|N/A|PENDING\n")
    assert scene.state() == ("failed", "too little memory")


def test_a_failed_cell_that_was_asked_for_again_is_queued(scene: Scene) -> None:
    scene.ended(scene.submitted(), "failed", message="too little memory")
    scene.says("squeue", "")
    assert scene.state() == ("failed", "too little memory")
    scene.submitted(retry=True)
    scene.says("squeue", "2|N/A|PENDING\n")
    assert scene.state() == ("queued", "")


def test_a_stopped_cell_waits_for_the_next_job_of_its_chain(scene: Scene) -> None:
    first = scene.submitted()
    scene.submitted(after=first)
    scene.ended(first, "stopped", reason="SIGUSR2")
    scene.says("squeue", "2|N/A|PENDING\n")
    assert scene.state() == ("queued", "")


def test_a_cell_whose_job_cannot_be_asked_about_is_not_taken_for_stopped(scene: Scene) -> None:
    scene.began(scene.submitted())
    scene.says("squeue", "", code=1)
    assert scene.state() == ("running", "")
    assert scene.standing().unasked


def test_a_cell_whose_jobs_end_before_it_begins_is_given_up(scene: Scene) -> None:
    for _ in range(5):
        scene.submitted()
    state, reason = scene.state()
    assert state == "failed"
    assert reason.startswith("5 jobs in a row ended before the cell began; see the last one's")


def test_a_killed_cell_beside_others_is_stopped_and_queued_once_its_job_comes_again(
    scene: Scene,
) -> None:
    scene.ended(scene.submitted(beside=3), "killed", reason="its process was killed")
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == ("stopped", "its process was killed")
    scene.says("squeue", "1|N/A|PENDING\n")
    assert scene.state() == ("queued", "")
    scene.says("squeue", "", code=1)
    assert scene.state() == ("queued", "")
    scene.says("squeue", "")
    assert scene.state() == ("stopped", "its process was killed")


def test_a_cell_that_stops_with_others_waits_for_their_job(scene: Scene) -> None:
    scene.ended(scene.submitted(beside=3), "stopped", reason="SIGUSR2")
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == ("queued", "")


def test_a_killed_cell_of_a_chain_waits_for_the_next_job(scene: Scene) -> None:
    first = scene.submitted(beside=3)
    scene.submitted(after=first, beside=3)
    scene.ended(first, "killed", reason="its process was killed")
    scene.says("squeue", "1|N/A|RUNNING\n2|N/A|PENDING\n")
    assert scene.state() == ("queued", "")


@pytest.mark.parametrize(("outcome", "state"), [("killed", "stopped"), ("failed", "failed")])
def test_a_cell_that_was_taken_out_of_a_job_does_not_wait_for_it(
    scene: Scene, outcome: str, state: str
) -> None:
    scene.ended(scene.submitted(beside=3), outcome)
    scene.ended(scene.submitted(retry=True), outcome, message="again")
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == (state, "again")


def test_a_cell_that_its_job_was_asked_to_leave_is_free_once_it_does_not_run(scene: Scene) -> None:
    number = scene.submitted(beside=3)
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.state() == ("queued", "")
    scene.store.ledger.cancel(scene.store.ledger.read(number), [scene.cell.id])
    assert scene.state() == ("pending", "")
    attempt = scene.began(number)
    assert scene.state() == ("running", "")
    record_end(attempt, {"outcome": "stopped", "reason": "SIGTERM"})
    assert scene.state() == ("stopped", "SIGTERM")
    scene.submitted()
    scene.says("squeue", "1|N/A|RUNNING\n2|N/A|PENDING\n")
    assert scene.state() == ("queued", "")


@pytest.mark.parametrize(("beside", "state"), [(0, "queued"), (3, "stopped")])
def test_a_failed_cell_whose_rule_lets_it_go_on_waits_for_a_job_of_its_own_only(
    scene: Scene, beside: int, state: str
) -> None:
    facts = {"cause": "out of memory", "kind": "MemoryError", "message": "no more"}
    scene.ended(scene.submitted(beside=beside), "failed", **facts)
    scene.says("squeue", "1|N/A|RUNNING\n")
    assert scene.standing().state.value == state
    scene.says("squeue", "1|N/A|PENDING\n")
    assert scene.state() == ("queued", "")
    scene.says("squeue", "")
    assert scene.state() == ("stopped", "no more; goes on with 1.5 GiB")


def test_a_given_up_cell_has_the_cause_of_its_last_job(scene: Scene) -> None:
    for _ in range(5):
        scene.submitted()
    scene.says("sacct", "".join(f"{number}|FAILED|127:0\n" for number in range(1, 6)))
    folder = scene.store.layout.private / "mark"
    folder.mkdir()
    (folder / "5_0_log.out").write_text("bash: module: command not found\n")
    found = scene.standing()
    assert found.state.value == "failed"
    assert found.diagnosis is not None
    assert found.diagnosis.cause == "environment broken"

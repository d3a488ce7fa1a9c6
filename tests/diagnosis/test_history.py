"""What is gathered from a store, and the history that follows."""

from __future__ import annotations

import os

from diagnosis.scene import Scene

from hpcmlff.diagnosis import diagnosed
from hpcmlff.diagnosis.diagnosis import Diagnosis
from hpcmlff.executors.processes import identify
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.store.attempts import claim


def newest(scene: Scene) -> Diagnosis:
    return diagnosed(scene.store, scene.cell, running=False)[0]


def test_a_cell_that_never_began_has_no_history(scene: Scene) -> None:
    assert scene.causes() == []
    scene.submitted()
    assert scene.causes() == []


def test_each_run_of_a_job_that_was_put_back_has_the_words_of_its_own(scene: Scene) -> None:
    number = scene.submitted()
    for run in range(3):
        scene.began(number, run=run)
    scene.over(number, "OUT_OF_MEMORY", "NODE_FAIL", "PREEMPTED")
    assert scene.causes() == [(1, "node lost"), (2, "preempted"), (3, "out of memory")]


def test_a_run_that_ended_before_the_cell_began_moves_nothing(scene: Scene) -> None:
    number = scene.submitted()
    scene.began(number, run=1)
    scene.began(number, run=2)
    scene.over(number, "TIMEOUT", "PREEMPTED", "NODE_FAIL")
    assert scene.causes() == [(1, "node lost"), (2, "walltime")]


def test_without_the_number_of_its_run_only_the_last_attempt_has_words(scene: Scene) -> None:
    number = scene.submitted(profile={"scheduler": "pbs"})
    first = scene.began(number)
    first.log.write_text("training from step 0\nasked to stop by SIGTERM\n")
    scene.began(number)
    scene.began(number)
    scene.over(number, "TIMEOUT")
    assert scene.causes() == [(1, "preempted"), (2, "node lost"), (3, "walltime")]


def test_an_attempt_that_has_only_just_begun_belongs_to_the_newest_job(scene: Scene) -> None:
    number = scene.submitted(profile={"scheduler": "pbs"})
    scene.ended(scene.began(number), "stopped", reason="SIGTERM")
    claim(scene.store.cell(scene.cell))
    assert scene.causes(running=True) == [(1, "preempted")]
    scene.submitted()
    assert scene.causes(running=True) == [(1, "cancelled")]


def test_what_the_newest_job_printed_and_a_cancel_belong_to_its_last_run(scene: Scene) -> None:
    number = scene.submitted()
    scene.began(number)
    scene.began(number)
    scene.store.ledger.cancel(scene.store.ledger.read(number))
    scene.over(number)
    assert scene.causes() == [(1, "node lost"), (2, "cancelled")]
    number = scene.submitted()
    scene.began(number)
    scene.began(number)
    scene.over(number, line="slurmstepd: error: Exceeded job memory limit")
    assert scene.causes()[2:] == [(3, "node lost"), (4, "out of memory")]


def test_the_output_of_a_job_that_nobody_has_seen_end_is_read(scene: Scene) -> None:
    number = scene.submitted()
    scene.began(number)
    folder = scene.store.layout.private / "mark1"
    folder.mkdir()
    (folder / "1_0_log.out").write_text("slurmstepd: error: Exceeded job memory limit\n")
    assert scene.causes(running=False) == [(1, "out of memory")]
    # As far as anybody knows it may still run.
    assert scene.causes() == []


def test_whether_an_attempt_runs_is_seen_where_it_runs(scene: Scene) -> None:
    number = scene.submitted()
    mine = identify(os.getpid())
    assert mine is not None
    scene.began(number, process=mine)
    assert scene.causes() == []
    scene.began(number, process={**mine, "start_ticks": 1})
    assert scene.causes() == [(1, "node lost"), (2, "unknown")]


def test_a_machine_that_was_started_anew_has_lost_its_attempts(scene: Scene) -> None:
    mine = identify(os.getpid())
    assert mine is not None
    number = scene.submitted()
    scene.began(number, process={**mine, "boot": "another"})
    scene.over(number)
    assert scene.causes() == [(1, "node lost")]
    assert "its machine was started anew since" in newest(scene).evidence


def test_the_evidence_tells_of_report_memory_and_checkpoint(scene: Scene) -> None:
    number = scene.submitted()
    attempt = scene.began(number, run=0)
    scene.reported(attempt, peak_mem_gb=3.25)
    scene.saved(attempt)
    for path, later_s in ((attempt.progress, 125), (attempt.generation(1), 65)):
        at = attempt.start.stat().st_mtime + later_s
        os.utime(path, (at, at))
    scene.over(number, "FAILED 9:0")
    assert newest(scene).evidence == (
        "no end was written: its process was killed",
        "Slurm: FAILED 9:0 (SIGKILL)",
        "last report after 2 min 05 s: step 3 of 10, 3.25 of 4 GiB in use",
        "last checkpoint after 1 min 05 s",
    )
    assert newest(scene).advice == (
        "The next job goes on from its checkpoint; `resume` submits it where there is none"
    )


def test_the_most_memory_is_that_of_partitions_with_its_cores(scene: Scene) -> None:
    number = scene.submitted(mem_gb=8.0)
    scene.ended(scene.began(number), "failed", cause="out of memory", kind="MemoryError")
    assert (newest(scene).rule, newest(scene).mem_gb) == (Rule.MORE_MEMORY, 12.0)
    number = scene.submitted(mem_gb=8.0, cpus=8)
    scene.ended(scene.began(number), "failed", cause="out of memory", kind="MemoryError")
    assert (newest(scene).rule, newest(scene).mem_gb) == (Rule.STOP, None)


def test_cells_of_one_job_share_its_memory_and_that_of_a_partition(scene: Scene) -> None:
    for mem_gb, more in ((8.0, 3.0), (16.0, 6.0), (24.0, None)):
        number = scene.submitted(mem_gb=mem_gb, cpus=4, beside=3)
        scene.ended(scene.began(number), "killed", signal="SIGKILL", oom="on the machine")
        assert (newest(scene).cause, newest(scene).mem_gb) == (Cause.OUT_OF_MEMORY, more)
    assert newest(scene).rule is Rule.STOP


def test_a_cell_that_was_cancelled_beside_others_is_the_only_one_that_was(scene: Scene) -> None:
    for cells in ([scene.cell.id], ["other 0"]):
        number = scene.submitted(beside=1)
        scene.store.ledger.cancel(scene.store.ledger.read(number), cells)
        scene.began(number)
        scene.over(number)
    assert scene.causes() == [(1, "cancelled"), (2, "unknown")]


def test_a_job_that_never_began_the_cell_comes_first(scene: Scene) -> None:
    scene.over(scene.submitted(), "FAILED 1:0", line="bash: module: command not found")
    assert scene.causes() == [(0, "environment broken")]
    number = scene.submitted()
    scene.ended(scene.began(number), "stopped", reason="the job's walltime is ending")
    scene.over(number, "COMPLETED")
    assert scene.causes() == [(1, "walltime")]
    scene.over(scene.submitted(), "NODE_FAIL")
    assert scene.causes() == [(1, "walltime"), (0, "node lost")]
    # One that has left the cell to another job tells nothing.
    scene.over(scene.submitted(), "COMPLETED")
    assert scene.causes() == [(1, "walltime")]


def test_an_attempt_that_was_not_begun_has_the_cause_of_those_before(scene: Scene) -> None:
    for _ in range(3):
        number = scene.submitted()
        scene.began(number)
        scene.over(number, "NODE_FAIL")
    number = scene.submitted()
    message = "3 attempts in a row ended without a checkpoint"
    scene.ended(scene.began(number), "failed", kind="GivenUp", message=message, cause="error")
    found = newest(scene)
    assert (found.attempt, found.cause, found.rule) == (4, Cause.NODE_LOST, Rule.STOP)
    assert found.evidence[0] == f"GivenUp: {message}"
    assert "Slurm: NODE_FAIL" in found.evidence


def test_an_attempt_of_a_damaged_or_lost_record_is_unknown(scene: Scene) -> None:
    scene.began(scene.submitted())
    (scene.store.layout.ledger / "000001.json").write_text("{")
    assert scene.causes() == [(1, "unknown")]
    scene.began(77)
    assert scene.causes() == [(1, "unknown"), (2, "unknown")]

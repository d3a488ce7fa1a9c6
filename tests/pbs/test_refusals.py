"""What PBS refuses is told in its words with the profile's line, and nothing is half-submitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cluster.unbroken import assert_unbroken
from pbs.conftest import StartPbs
from pbs.pbs_study import pbs_study, queue, sabarmati

from hpcmlff.executors.commands import run_command
from hpcmlff.testing.fake_pbs import FakePbs, FakeQueue

WORKQ = queue("72h")[0]
LIMITS = "qsub: Job violates queue and/or server resource limits"


def listed() -> str:
    return run_command(["qstat"])


@pytest.mark.parametrize(
    ("wrong", "words", "key"),
    [
        (
            {"partitions": [WORKQ | {"name": "nosuch"}]},
            "qsub: Unknown queue",
            "partitions.0.name",
        ),
        ({"partitions": [WORKQ | {"walltime": "73h"}]}, LIMITS, "partitions.0"),
        (
            {"partitions": [WORKQ | {"mem_gb": 64}], "resources": [{"mem_gb": 32.0}]},
            LIMITS,
            "partitions.0",
        ),
        (
            {"options": {"l": "nosuchres=1"}},
            "qsub: Unknown resource Resource_List.nosuchres",
            "options",
        ),
        ({"options": {"p": "5000"}}, "qsub: illegal -p value", "options"),
    ],
    ids=["queue", "walltime", "memory", "resource", "value"],
)
def test_what_qsub_refuses_is_told_with_the_line_of_the_profile_and_can_be_put_right(
    pbs: FakePbs,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: dict[str, Any],
    words: str,
    key: str,
) -> None:
    resources = wrong.pop("resources", None)
    study = pbs_study(tmp_path, step_s=0.0, **wrong)
    if resources:
        text = study.grid.read_text("utf-8")
        study.grid.write_text(f"{text}resources: {resources}\n", encoding="utf-8")
    assert study.submit() == 5
    last = capsys.readouterr().err.partition("error: ")[2]
    assert last.startswith(f"{words}. See {study.profile}:")
    assert last.endswith(f": {key}\n")
    assert listed() == ""
    assert not list(study.store.layout.private.iterdir())
    study.write_profile(**sabarmati())
    study.write_grid(models={"mean": {"steps": 2}})
    assert study.submit() == 0
    study.await_states("done")


def test_too_large_an_array_takes_back_what_was_submitted_before(
    pbs: FakePbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = pbs_study(tmp_path, seeds=range(1001), array_cap=2000)
    assert study.submit() == 5
    assert capsys.readouterr().err.endswith(
        f"error: qsub: Array job exceeds server or queue size limit. "
        f"See {study.profile}:1: array_cap\n"
    )
    assert listed() == ""
    assert [record.job for record in study.records] == [None]


def test_a_cell_that_fits_no_queue_is_refused_before_anything_is_written(
    pbs: FakePbs, tmp_path: Path
) -> None:
    study = pbs_study(tmp_path)
    text = study.grid.read_text("utf-8")
    study.grid.write_text(f"{text}resources: [{{mem_gb: 200.0}}]\n", encoding="utf-8")
    assert study.submit() == 3
    assert not (study.folder / "store").exists()
    assert pbs.counting.calls("qsub") == []


def test_where_there_are_enough_jobs_the_rest_waits_for_resume(
    start_pbs: StartPbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_pbs(queues=(FakeQueue(name="workq", max_queued=3),))
    study = pbs_study(tmp_path, seeds=range(4), array_cap=2, partitions=queue("1h"))
    assert study.submit() == 0
    said = capsys.readouterr().err
    assert "not taken for now: qsub: Maximum number of jobs already in queue workq" in said
    study.await_states(*["done"] * 2, *["pending"] * 2)
    study.await_that(lambda: not listed(), "the queue to be empty")
    assert study.resume() == 0
    study.await_states(*["done"] * 4)
    assert_unbroken(study)

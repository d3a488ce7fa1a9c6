from __future__ import annotations

import pytest

from hpcmlff.executors.slurm_states import (
    STATES,
    element_states,
    endings,
    sacct_rows,
    squeue_rows,
)
from hpcmlff.spec.states import JobState


def test_every_element_of_arrays_and_single_jobs_gets_its_state() -> None:
    printed = "63|0|RUNNING\n63|1|PENDING\n63|2|COMPLETING\n64|N/A|SUSPENDED\n"
    assert element_states(printed) == {
        ("63", 0): JobState.RUNNING,
        ("63", 1): JobState.QUEUED,
        ("63", 2): JobState.RUNNING,
        ("64", 0): JobState.RUNNING,
    }


def test_a_word_that_slurm_has_added_since_is_unknown_and_not_ended() -> None:
    assert element_states("7|N/A|TELEPORTING\n") == {("7", 0): JobState.UNKNOWN}
    assert element_states("7|N/A|\n") == {("7", 0): JobState.UNKNOWN}


def test_lines_of_another_kind_are_passed_over() -> None:
    printed = "slurm_load_jobs: warning\n\n7|N/A|PENDING\n1|2|3|4\n"
    assert element_states(printed) == {("7", 0): JobState.QUEUED}
    assert list(sacct_rows("no such thing\n8|COMPLETED|0:0\n")) == [("8", 0, "COMPLETED")]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("REQUEUE_HOLD", JobState.QUEUED),
        ("REQUEUED", JobState.QUEUED),
        ("CONFIGURING", JobState.RUNNING),
        ("STOPPED", JobState.RUNNING),
        ("OUT_OF_MEMORY", JobState.ENDED),
        ("PREEMPTED", JobState.ENDED),
        ("BOOT_FAIL", JobState.ENDED),
    ],
)
def test_a_job_that_may_still_run_is_never_taken_for_ended(word: str, state: JobState) -> None:
    assert STATES[word] is state


def test_how_elements_ended_is_told_with_their_exit_codes_and_the_living_left_out() -> None:
    printed = (
        "63_0|COMPLETED|0:0\n63_1|FAILED|6:0\n63_2|CANCELLED by 1000|0:15\n"
        "63_3|RUNNING|0:0\n64|NODE_FAIL|0:0\n"
    )
    assert endings(sacct_rows(printed)) == {
        "63": {0: ("COMPLETED",), 1: ("FAILED 6:0",), 2: ("CANCELLED by 1000 0:15",)},
        "64": {0: ("NODE_FAIL",)},
    }


def test_all_runs_of_a_job_that_was_put_back_are_told_in_their_order() -> None:
    # As sacct --duplicates printed it after a lost node and `scontrol requeue`.
    printed = "3|NODE_FAIL|0:0\n4|PREEMPTED|0:0\n3|REQUEUED|0:0\n4|RUNNING|0:0\n3|FAILED|9:0\n"
    assert endings(sacct_rows(printed)) == {"3": {0: ("NODE_FAIL", "REQUEUED", "FAILED 9:0")}}
    waiting = "3|NODE_FAIL|0:0\n3|PENDING|0:0\n3|COMPLETED|0:0\n"
    assert endings(sacct_rows(waiting)) == {"3": {0: ("NODE_FAIL", "COMPLETED")}}


def test_elements_that_never_ran_are_told_one_by_one() -> None:
    printed = "63_[2-4,7%2]|CANCELLED by 0|0:0\n64_[0-1...]|CANCELLED by 0|0:0\n"
    found = endings(sacct_rows(printed))
    assert found["63"] == dict.fromkeys([2, 3, 4, 7], ("CANCELLED by 0",))
    # A list that sacct has cut says nothing.
    assert "64" not in found


def test_without_accounting_squeue_tells_how_they_ended() -> None:
    rows = squeue_rows("63|1|TIMEOUT\n63|0|RUNNING\n64|N/A|FAILED\n")
    assert endings(rows) == {"63": {1: ("TIMEOUT",)}, "64": {0: ("FAILED",)}}

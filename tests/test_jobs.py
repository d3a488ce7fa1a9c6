from __future__ import annotations

import getpass
import os
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
from conftest import Put

from hpcmlff.errors import SchedulerError
from hpcmlff.jobs import job_states, settle_intents, work_of
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.profile import ClusterProfile, Partition, profile_from
from hpcmlff.spec.states import JobState
from hpcmlff.store.ledger import Intent, Record
from hpcmlff.store.store import Store, create_store

PLACE = Placement(
    partition="cpu",
    cpus=1,
    gpus=0,
    mem_gb=1.0,
    walltime_s=3600,
    parallel=2,
    cells_per_element=1,
)
PROFILE = ClusterProfile(
    name="test",
    scheduler="slurm",
    partitions=(Partition(name="cpu", cpus=16, mem_gb=64.0, walltime="1h"),),
    poll_interval="600s",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create_store(tmp_path / "store", "study")


def intend(
    store: Store, *cells: str, after: int | None = None, each: int = 1, **profile: Any
) -> Record:
    changed = PROFILE.model_dump(mode="json") | profile
    mark = f"mark{len(list(store.ledger.newest_first())) + 1}"
    intent = Intent(
        profile=profile_from(changed).model_dump(mode="json"),
        cells=cells,
        mark=mark,
        revision=1,
        placement=asdict(PLACE.for_cells(each)),
        after=after,
    )
    return store.ledger.intend(intent)


def submitted(store: Store, *cells: str, **profile: Any) -> Record:
    record = intend(store, *cells, **profile)
    job_id = str(60 + record.number)
    job = {"job_id": job_id, "elements": record.elements, "user": getpass.getuser()}
    store.ledger.confirm(record, job)
    return store.ledger.read(record.number)


def calls(log: Path) -> int:
    return log.read_text().count("\n") if log.exists() else 0


def test_all_jobs_are_asked_about_at_once_and_the_answer_is_kept(store: Store, put: Put) -> None:
    submitted(store, "a", "b")
    submitted(store, "c")
    log = put("squeue", "echo '61|1|RUNNING'; echo '62|N/A|PENDING'")
    for _ in range(3):
        assert job_states(store) == {
            1: (JobState.ENDED, JobState.RUNNING),
            2: (JobState.QUEUED,),
        }
    assert calls(log) == 1
    job_states(store, fresh=True)
    assert calls(log) == 2
    submitted(store, "d")
    job_states(store)
    assert calls(log) == 3


def test_a_job_is_closed_once_accounting_knows_how_all_its_elements_ended(
    store: Store, put: Put
) -> None:
    submitted(store, "a", "b")
    put("squeue", "true")
    log = put("sacct", "echo '61_0|TIMEOUT|0:0'; echo '61_1|RUNNING|0:0'")
    for _ in range(3):
        assert job_states(store) == {}
    assert calls(log) == 1
    assert not store.ledger.is_ended(1)
    store.layout.polled.unlink()
    put("sacct", "echo '61_0|TIMEOUT|0:0'; echo '61_1|FAILED|6:0'")
    assert job_states(store) == {}
    assert store.ledger.is_ended(1)
    assert [store.ledger.cause(1, element) for element in (0, 1)] == ["TIMEOUT", "FAILED 6:0"]


def test_who_is_about_to_submit_does_not_wait_for_accounting(store: Store, put: Put) -> None:
    submitted(store, "a")
    put("squeue", "true")
    put("sacct", "true")
    assert job_states(store, fresh=True) == {}
    assert store.ledger.is_ended(1)
    assert store.ledger.cause(1, 0) == ""


def test_words_of_a_job_that_was_alive_just_now_are_left_to_the_next_look(
    store: Store, put: Put
) -> None:
    record = submitted(store, "a")
    output = store.layout.private / record.mark / "61_0_log.out"
    output.parent.mkdir(parents=True)
    output.touch()
    put("squeue", "true")
    put("sacct", "true")
    assert job_states(store, fresh=True) == {}
    assert not store.ledger.is_ended(1)
    put("sacct", "echo '61|OUT_OF_MEMORY|0:125'")
    assert job_states(store, fresh=True) == {}
    assert store.ledger.cause(1, 0) == "OUT_OF_MEMORY 0:125"


def test_accounting_that_never_tells_is_not_waited_for(store: Store, put: Put) -> None:
    record = submitted(store, "a")
    output = store.layout.private / record.mark / "61_0_log.out"
    output.parent.mkdir(parents=True)
    output.touch()
    os.utime(output, (time.time() - 120, time.time() - 120))
    put("squeue", "true")
    put("sacct", "true")
    assert job_states(store, fresh=True) == {}
    assert store.ledger.is_ended(1)


def test_jobs_that_cannot_be_asked_about_stay_open(store: Store, put: Put) -> None:
    submitted(store, "a")
    put("squeue", "exit 1")
    assert job_states(store, fresh=True) == {1: (JobState.UNKNOWN,)}
    assert not store.ledger.is_ended(1)


def test_a_submission_that_was_cut_off_is_confirmed_if_there_is_a_job_and_else_given_up(
    store: Store, put: Put
) -> None:
    lost, found = intend(store, "a", "b"), intend(store, "c")
    name = work_of(store, found).name
    put("squeue", f'case "$*" in *--name={name}*) echo 63;; esac')
    (store.layout.private / found.mark).mkdir()
    settle_intents(store)
    assert store.ledger.is_ended(lost.number)
    assert store.ledger.read(found.number).job == {
        "job_id": "63",
        "elements": 1,
        "user": getpass.getuser(),
    }
    assert (store.layout.private / found.mark / "63_submitted.pkl").exists()


def test_nothing_is_given_up_while_slurm_does_not_answer(store: Store, put: Put) -> None:
    record = intend(store, "a")
    put("squeue", "echo down >&2; exit 1")
    with pytest.raises(SchedulerError, match=r"^squeue: down$"):
        settle_intents(store)
    assert not store.ledger.is_ended(record.number)


def test_a_link_of_a_chain_names_the_job_before_and_every_job_its_mark(store: Store) -> None:
    first = submitted(store, "a", "b")
    work = work_of(store, intend(store, "a", "b", after=first.number))
    assert work.after == first.job
    assert work.name == "hpcmlff-study-mark2"
    assert work.folder == store.layout.private / "mark2"
    assert work.function == "hpcmlff.worker.element:run_element"
    assert work.arguments == (str(store.path), 2)
    assert (work.elements, work.grace_s) == (2, 30)


def test_a_job_that_cells_share_is_one_element_of_them(store: Store, put: Put) -> None:
    record = submitted(store, "a", "b", "c", "d", "e", each=2)
    work = work_of(store, record)
    assert (work.elements, work.placement.cpus, work.function) == (
        3,
        2,
        "hpcmlff.worker.element:run_element",
    )
    assert [record.element(cell) for cell in "abcde"] == [0, 0, 1, 1, 2]
    assert [record.cells_of(element) for element in range(3)] == [("a", "b"), ("c", "d"), ("e",)]
    put("squeue", "true")
    put("sacct", "echo '61_0|COMPLETED|0:0'; echo '61_1|FAILED|6:0'; echo '61_2|TIMEOUT|0:0'")
    assert job_states(store) == {}
    assert store.ledger.is_ended(1)
    assert store.ledger.cause(1, record.element("d")) == "FAILED 6:0"


def test_a_record_that_does_not_say_so_means_one_cell_for_each_element(store: Store) -> None:
    place = {key: value for key, value in asdict(PLACE).items() if key != "cells_per_element"}
    facts = asdict(intend(store, "a", "b"))
    known = {one.name: facts[one.name] for one in fields(Intent)} | {"placement": place}
    old = store.ledger.intend(Intent(**known))
    assert (old.cells_per_element, old.elements, old.element("b")) == (1, 2, 1)
    assert work_of(store, old).placement == PLACE

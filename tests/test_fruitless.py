from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from hpcmlff.fruitless import fruitless_jobs
from hpcmlff.spec.plan import Placement
from hpcmlff.store.ledger import Ending, Intent, Record
from hpcmlff.store.store import Store, create_store

PLACE = Placement(cpus=1, gpus=0, mem_gb=1.0, walltime_s=60, parallel=1, cells_per_element=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return create_store(tmp_path / "store", "study")


def ended(
    store: Store,
    *cells: str,
    causes: Mapping[int, str] | None = None,
    retry: bool = False,
    each: int = 1,
    taken: bool = True,
) -> Record:
    """Write down a submission whose job is over."""
    number = len(list(store.ledger.newest_first())) + 1
    intent = Intent(
        profile={"name": "test", "attempts_without_progress": 3},
        cells=cells,
        mark=f"mark{number}",
        revision=1,
        placement=asdict(PLACE.for_cells(each)),
        retry=retry,
    )
    record = store.ledger.intend(intent)
    if taken:
        store.ledger.confirm(record, {"job_id": str(number)})
    store.ledger.close(record, {k: Ending(words=words) for k, words in (causes or {}).items()})
    return store.ledger.read(record.number)


def test_a_cell_is_given_up_after_as_many_jobs_as_the_profile_says(store: Store) -> None:
    for _ in range(2):
        ended(store, "a", "b")
    assert fruitless_jobs(store, {"a": 0, "b": 0}) == {}
    ended(store, "b", causes={0: "FAILED 1:0"})
    folder = store.layout.private / "mark3"
    reason = f"3 jobs in a row ended before the cell began; see the last one's output: {folder}"
    assert fruitless_jobs(store, {"a": 0, "b": 0}) == {"b": reason}
    assert fruitless_jobs(store, {"a": 0}) == {}


def test_jobs_before_the_one_of_the_newest_attempt_do_not_count(store: Store) -> None:
    for _ in range(3):
        ended(store, "a")
    assert fruitless_jobs(store, {"a": 1}) == {}
    assert list(fruitless_jobs(store, {"a": 0})) == ["a"]


def test_jobs_before_a_retry_do_not_count(store: Store) -> None:
    for _ in range(3):
        ended(store, "a")
    ended(store, "a", retry=True)
    assert fruitless_jobs(store, {"a": 0}) == {}
    for _ in range(2):
        ended(store, "a")
    assert list(fruitless_jobs(store, {"a": 0})) == ["a"]


def test_what_was_cancelled_or_refused_does_not_count(store: Store) -> None:
    for _ in range(2):
        ended(store, "a", "b")
    store.ledger.cancel(ended(store, "a", "b"))
    ended(store, "b", "a", causes={0: "CANCELLED by 0", 1: "CANCELLED by 0"})
    ended(store, "a", "b", taken=False)
    assert fruitless_jobs(store, {"a": 0, "b": 0}) == {}
    ended(store, "b", "a", causes={0: "NODE_FAIL", 1: "CANCELLED by 0"})
    assert list(fruitless_jobs(store, {"a": 0, "b": 0})) == ["b"]


def test_jobs_that_cells_share_are_counted_for_each_of_them(store: Store) -> None:
    for _ in range(2):
        ended(store, "a", "b", "c", each=2)
    ended(store, "a", "b", "c", each=2, causes={0: "FAILED 1:0", 1: "CANCELLED by 0"})
    assert list(fruitless_jobs(store, {"a": 0, "b": 0, "c": 0})) == ["a", "b"]

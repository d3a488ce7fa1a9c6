"""What a cell has cost, attempt by attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.made import make_store

from hpcmlff.evidence.spending import Spent, places, spent
from hpcmlff.store.attempts import claim, record_end, record_start, report_progress
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path / "store")[0]


def _folder(store: Store) -> CellFolder:
    return store.layout.cell("mean/springs/n3/s0-0123456789ab")


def _attempt(folder: CellFolder, started: str, **facts: Any) -> int:
    attempt = claim(folder)
    start = {"record": 0, "threads": 4, "gpu": None, "started": started}
    record_start(attempt, start | facts.get("start", {}))
    if "end" in facts:
        record_end(attempt, {"outcome": "stopped", **facts["end"]})
    if "progress" in facts:
        report_progress(attempt, facts["progress"])
    return attempt.number


def _share(number: int, started: str, wall_s: float, **more: Any) -> dict[str, Any]:
    share = {"attempt": number, "started": started, "threads": 4, "wall_s": wall_s, "cpu_s": 9.0}
    return share | more


def _submit(store: Store, scheduler: str, **place: Any) -> int:
    placement = {"cpus": 8, "gpus": 1, "walltime_s": 3600, "cells_per_element": 1, **place}
    intent = Intent(
        profile={"name": "vega", "scheduler": scheduler},
        cells=("a",),
        mark="m1",
        revision=1,
        placement=placement,
    )
    return store.ledger.intend(intent).number


def test_one_attempt_loses_nothing(store: Store) -> None:
    folder = _folder(store)
    _attempt(folder, "t1", end={"wall_s": 100.0, "cpu_s": 350.0})
    found = spent(folder, [_share(1, "t1", 99.0)], places(store.ledger))
    assert found == Spent(core_s=400.0, cpu_s=350.0)


def test_a_killed_attempt_loses_what_came_after_its_last_checkpoint(store: Store) -> None:
    folder = _folder(store)
    _attempt(folder, "t1", progress={"wall_s": 70.0, "cpu_s": 200.0})
    _attempt(folder, "t2", end={"wall_s": 30.0, "cpu_s": 100.0})
    history = [_share(1, "t1", 50.0), _share(2, "t2", 29.0)]
    found = spent(folder, history, places(store.ledger))
    assert found == Spent(core_s=400.0, cpu_s=300.0, lost_core_s=80.0)


def test_an_attempt_that_left_no_checkpoint_is_lost_whole(store: Store) -> None:
    folder = _folder(store)
    _attempt(folder, "t1", end={"wall_s": 20.0, "cpu_s": 60.0, "outcome": "failed"})
    _attempt(folder, "t2", end={"wall_s": 30.0, "cpu_s": 100.0})
    found = spent(folder, [_share(2, "t2", 29.0)], places(store.ledger))
    assert found == Spent(core_s=200.0, cpu_s=160.0, lost_core_s=80.0)


def test_a_cell_without_a_checkpoint_has_lost_all(store: Store) -> None:
    folder = _folder(store)
    _attempt(folder, "t1", end={"wall_s": 20.0, "cpu_s": 60.0})
    found = spent(folder, [], places(store.ledger))
    assert (found.core_s, found.lost_core_s) == (80.0, 80.0)


def test_a_scheduler_was_asked_for_cores_gpus_and_time(store: Store) -> None:
    folder, number = _folder(store), _submit(store, "slurm")
    _attempt(folder, "t1", start={"record": number}, end={"wall_s": 100.0, "cpu_s": 350.0})
    found = spent(folder, [_share(1, "t1", 99.0)], places(store.ledger))
    assert found == Spent(core_s=800.0, gpu_s=100.0, cpu_s=350.0, requested_core_s=28800.0)


def test_cells_of_one_element_share_what_was_asked(store: Store) -> None:
    folder, number = _folder(store), _submit(store, "slurm", cells_per_element=4, gpus=2)
    _attempt(folder, "t1", start={"record": number}, end={"wall_s": 100.0, "cpu_s": 150.0})
    found = spent(folder, [_share(1, "t1", 99.0)], places(store.ledger))
    # A quarter of eight cores and two GPUs.
    assert found == Spent(core_s=200.0, gpu_s=50.0, cpu_s=150.0, requested_core_s=7200.0)


def test_on_one_machine_nothing_was_asked(store: Store) -> None:
    folder, number = _folder(store), _submit(store, "local")
    _attempt(folder, "t1", start={"record": number}, end={"wall_s": 100.0, "cpu_s": 350.0})
    found = spent(folder, [_share(1, "t1", 99.0)], places(store.ledger))
    assert found == Spent(core_s=400.0, cpu_s=350.0)


def test_shares_from_another_store_count_too(store: Store) -> None:
    """The result was merged: its attempt there had the number of one that was lost here."""
    folder = _folder(store)
    _attempt(folder, "t1", end={"wall_s": 20.0, "cpu_s": 60.0})
    record_start(claim(folder), {"record": 0, "merged_from": {}})
    found = spent(folder, [_share(1, "elsewhere", 10.0, gpu="A100")], places(store.ledger))
    assert found == Spent(core_s=120.0, gpu_s=10.0, cpu_s=69.0, lost_core_s=80.0)


def test_a_damaged_record_asks_for_nothing(store: Store) -> None:
    folder, number = _folder(store), _submit(store, "slurm")
    (store.layout.ledger / f"{number:06d}.json").write_text("{")
    _attempt(folder, "t1", start={"record": number}, end={"wall_s": 100.0, "cpu_s": 350.0})
    found = spent(folder, [_share(1, "t1", 99.0)], places(store.ledger))
    assert found == Spent(core_s=400.0, cpu_s=350.0)

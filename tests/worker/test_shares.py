from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hpcmlff.spec.resources import Resources
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store
from hpcmlff.worker.shares import shares

Settled = Callable[..., tuple[Store, FrozenGrid]]


@pytest.fixture
def made(settled: Settled) -> tuple[Store, FrozenGrid]:
    return settled(resources="[{mem_gb: 3}, {when: {size: 20}, mem_gb: auto, cpus: 2}]")


def test_memory_left_open_is_what_the_record_says(made: tuple[Store, FrozenGrid]) -> None:
    store, frozen = made
    ids = tuple(cell.id for cell in frozen.cells)
    intent = Intent(
        profile={},
        cells=(ids[3], ids[1]),
        mark="mark",
        revision=1,
        placement={},
        mem_gb=(1.5, 3.0),
    )
    record = store.ledger.intend(intent)
    assert record.mem_gb == (1.5, 3.0)
    found = shares(frozen, record)
    assert found == [
        (frozen.cells[1], Resources(mem_gb=3.0)),
        (frozen.cells[3], Resources(mem_gb=1.5, cpus=2)),
    ]
    old = replace(record, cells=ids[:2], mem_gb=())
    assert [share for _, share in shares(frozen, old)] == [Resources(mem_gb=3.0)] * 2

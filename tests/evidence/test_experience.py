"""What finished cells tell of those that are yet to be trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from store.made import freeze, make_store

from hpcmlff.evidence.experience import Experience, Taken
from hpcmlff.spec.canonical import canonical_json
from hpcmlff.spec.cells import Cell
from hpcmlff.store.attempts import claim, describe, record_end, record_start
from hpcmlff.store.store import Store


@pytest.fixture
def made(tmp_path: Path) -> tuple[Store, list[Cell]]:
    """Return a store with twelve cells and a submission by the profile `local`."""
    return make_store(tmp_path / "store", seeds=12)


def end(store: Store, cell: Cell, wall_s: float = 10.0, **changes: Any) -> None:
    """End an attempt of a cell as a worker does; no checkpoint is needed for it."""
    folder = store.cell(cell)
    attempt = claim(folder)
    describe(folder, {"id": cell.id, **cell.identity()})
    facts = {"record": 1, "threads": 2, "gpu": None, "outcome": "done", "wall_s": wall_s, **changes}
    record_start(attempt, {key: facts[key] for key in ("record", "threads", "gpu")})
    record_end(attempt, {key: facts[key] for key in ("outcome", "wall_s")})


def taken(store: Store, cell: Cell, profile: str = "local") -> list[Taken]:
    return Experience(store.layout, profile).of(
        model=cell.model,
        molecule=cell.molecule,
        size=cell.size,
        settings=canonical_json(dict(cell.settings)),
    )


def test_finished_cells_of_the_kind_tell_their_time_in_the_order_of_their_seeds(
    made: tuple[Store, list[Cell]],
) -> None:
    store, cells = made
    assert taken(store, cells[0]) == []
    end(store, cells[11], 40.0)
    end(store, cells[2], 30.0, threads=1, gpu="A100")
    assert taken(store, cells[0]) == [
        Taken(wall_s=30.0, threads=1, device="cuda"),
        Taken(wall_s=40.0, threads=2, device="cpu"),
    ]


def test_all_attempts_of_a_finished_cell_count(made: tuple[Store, list[Cell]]) -> None:
    store, cells = made
    end(store, cells[0], 25.0, outcome="stopped")
    end(store, cells[0], 17.0)
    assert [one.wall_s for one in taken(store, cells[0])] == [42.0]


def test_what_is_not_done_or_of_another_kind_or_cluster_tells_nothing(
    made: tuple[Store, list[Cell]],
) -> None:
    store, cells = made
    end(store, cells[0], outcome="failed")
    end(store, cells[1], outcome="stopped")
    end(store, cells[2], record=0)
    other = replace(cells[3], settings={"steps": 7})
    freeze(store, [*cells, other])
    end(store, other)
    assert taken(store, cells[0]) == []
    assert [one.wall_s for one in taken(store, other)] == [10.0]
    assert taken(store, other, "vega") == []


def test_a_few_cells_are_enough(made: tuple[Store, list[Cell]]) -> None:
    store, cells = made
    for cell in cells:
        end(store, cell, 10.0 + cell.seed)
    assert [one.wall_s for one in taken(store, cells[0])] == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_damaged_notes_are_passed_over(made: tuple[Store, list[Cell]]) -> None:
    store, cells = made
    for cell in cells[:5]:
        end(store, cell, 10.0 + cell.seed)
    store.cell(cells[0]).attempt(1).start.write_text("{")
    store.cell(cells[1]).attempt(1).end.write_text("[]")
    store.cell(cells[2]).description.unlink()
    end(store, cells[5], record=99)
    assert [one.wall_s for one in taken(store, cells[0])] == [13.0, 14.0]


def test_a_store_that_is_not_there_tells_nothing(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "store")
    gone = Store(type(store.layout)(tmp_path / "elsewhere"), "study")
    assert taken(gone, cells[0]) == []

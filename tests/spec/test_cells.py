from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hpcmlff.spec.canonical import canonical_json, digest, stream_seed
from hpcmlff.spec.cells import Cell, cell_from_identity

CELL = Cell(
    model="sgdml",
    molecule="glycine",
    size=200,
    seed=1,
    settings={"sigma": 20},
    dataset="d" * 64,
    split="s" * 64,
    trainer_version=1,
)


def test_an_id_stays_what_it_was_in_earlier_versions() -> None:
    assert CELL.id == "468361246e6f99390659b1f12de3343c552bfeaaebfb817fc2532442957ad235"
    assert CELL.label == f"sgdml/glycine/n200/s1-{CELL.id[:12]}"


@pytest.mark.parametrize(
    "change",
    [
        {"model": "schnet"},
        {"molecule": "other"},
        {"size": 201},
        {"seed": 2},
        {"settings": {"sigma": 21}},
        {"dataset": "e" * 64},
        {"split": "t" * 64},
        {"trainer_version": 2},
    ],
)
def test_all_that_decides_the_result_changes_the_id(change: dict[str, Any]) -> None:
    names = [name for name in CELL.__slots__ if name != "id"]
    changed = Cell(**{name: getattr(CELL, name) for name in names} | change)
    assert changed.id != CELL.id


def test_the_order_of_settings_does_not_matter() -> None:
    one = replace(CELL, settings={"a": 1, "b": 2})
    assert replace(CELL, settings={"b": 2, "a": 1}).id == one.id


def test_a_cell_comes_back_from_its_identity() -> None:
    assert cell_from_identity(CELL.identity()) == CELL


def test_no_two_cells_or_purposes_share_a_random_stream() -> None:
    cells = [replace(CELL, seed=seed, size=size) for seed in range(20) for size in (200, 400)]
    seeds = {cell.stream(purpose) for cell in cells for purpose in ("training", "other")}
    assert len(seeds) == 2 * len(cells)
    assert max(seeds) < 2**128


def test_canonical_json_is_sorted_dense_and_finite() -> None:
    assert canonical_json({"b": [1, 2.5], "a": None}) == '{"a":null,"b":[1,2.5]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
    with pytest.raises(TypeError):
        canonical_json({1, 2})


def test_digests_and_seeds_are_those_of_the_published_algorithm() -> None:
    # printf '{"a":1}' | sha256sum
    assert digest({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert stream_seed("split", "glycine", 0) != stream_seed("split", "glycine", 1)

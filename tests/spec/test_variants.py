from __future__ import annotations

from typing import Any

from hpcmlff.spec.cells import Cell
from hpcmlff.spec.variants import short_names, shown, variant, varied


def cell(model: str = "schnet", seed: int = 0, **settings: Any) -> Cell:
    return Cell(
        model=model,
        molecule="glycine",
        size=200,
        seed=seed,
        settings=settings,
        dataset="d" * 64,
        split="s" * 64,
        trainer_version=1,
    )


CELLS = [
    cell(cutoff=4.0, features=64, norm=None),
    cell(cutoff=5.0, features=64, norm=10),
    cell(seed=1, cutoff=5.0, features=64, norm=10),
    cell("sgdml", lam=1e-10),
]


def test_what_differs_between_cells_of_a_model_is_varied() -> None:
    assert varied(CELLS) == {"schnet": ["cutoff", "norm"], "sgdml": []}
    names = varied(CELLS)
    assert [variant(one, names) for one in CELLS] == [
        "cutoff=4, norm=null",
        "cutoff=5, norm=10",
        "cutoff=5, norm=10",
        "",
    ]
    assert varied([cell(a=1), cell(a=1, b=2)]) == {"schnet": ["b"]}
    assert variant(cell(a=1), varied([cell(a=1), cell(a=1, b=2)])) == ""


def test_a_value_is_shown_as_it_is_written() -> None:
    values = [10.0, 0.5, 1e-10, True, None, [10, 20], "auto"]
    assert [shown(value) for value in values] == [
        "10", "0.5", "1e-10", "true", "null", "[10, 20]", "auto",
    ]  # fmt: skip


def test_a_name_has_the_id_only_where_others_have_the_same() -> None:
    names = short_names(CELLS)
    assert [names[one.id] for one in CELLS] == [
        CELLS[0].label,
        CELLS[1].label,
        "schnet/glycine/n200/s1",
        "sgdml/glycine/n200/s0",
    ]

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from hpcmlff.errors import NoSuchCell
from hpcmlff.spec.causes import Cause
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.selection import only, selection
from hpcmlff.spec.states import CellState


def _cells() -> Iterator[Cell]:
    for model, molecule, size, seed in product(
        ("schnet", "sgdml"), ("glycine", "azobenzene"), (200, 1000), (0, 1, 10)
    ):
        cutoffs = (4.0, 5.0) if model == "schnet" and seed == 1 else (5.0,)
        for cutoff in cutoffs:
            own: dict[str, Any] = {"cutoff": cutoff, "norm": None}
            own = own if model == "schnet" else {"lam": 1e-10, "symmetries": True, "steps": "auto"}
            yield Cell(
                model=model,
                molecule=molecule,
                size=size,
                seed=seed,
                settings=own,
                dataset="d" * 64,
                split="s" * 64,
                trainer_version=1,
            )


CELLS = tuple(_cells())


def names(*words: str) -> list[str]:
    """Return the labels without ids that are meant, each once."""
    found = selection(words).cells(CELLS)
    return list(dict.fromkeys(cell.label.rpartition("-")[0] for cell in found))


def refused(*words: str) -> str:
    with pytest.raises(NoSuchCell) as raised:
        selection(words).cells(CELLS)
    return str(raised.value)


def test_nothing_named_means_all_cells() -> None:
    assert not selection([])
    assert selection([]).cells(CELLS) == list(CELLS)


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("*", 28),
        ("schnet", 16),
        ("schnet/", 16),
        ("sgdml/*", 12),
        ("s*/glycine", 14),
        ("schnet/glycine/*", 8),
        ("*/*/n1000", 14),
        ("*/*/1000", 14),
        ("*/glycine/n200/s1", 3),
        ("*/glycine/n200/1", 3),
        ("*/glycine/n200/s1*", 5),
        ("sgdml/glycine/n[2-9]00/s?", 2),
        ("sgdml/azobenzene/n200/s10", 1),
    ],
)
def test_a_pattern_fits_part_by_part_and_the_last_ones_may_be_left_out(
    pattern: str, number: int
) -> None:
    assert len(selection([pattern]).cells(CELLS)) == number


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.label)
def test_every_name_of_a_cell_means_it_alone(cell: Cell) -> None:
    folder = f"cells/{cell.label}"
    ids = [cell.id, cell.short_id, cell.id[:8], cell.label[:-4]]
    folders = [folder, f"runs/my study/{folder}/", f"/data/cells/x/{folder}/a000001/log.txt"]
    for name in [cell.label, *ids, *folders]:
        assert selection([name]).cells(CELLS) == [cell]


def test_a_model_whose_name_looks_like_an_id_comes_first() -> None:
    first = CELLS[0]
    facts = first.identity() | {"model": first.id[:6]}
    other = Cell(**facts)
    assert selection([first.id[:6]]).cells([first, other]) == [other]
    assert selection([first.id[:7]]).cells([first, other]) == [first]


def test_patterns_add_up_and_conditions_narrow_down() -> None:
    assert names("schnet/glycine/n200/s0", "sgdml/azobenzene/n1000") == [
        "schnet/glycine/n200/s0",
        "sgdml/azobenzene/n1000/s0",
        "sgdml/azobenzene/n1000/s1",
        "sgdml/azobenzene/n1000/s10",
    ]
    assert names("sgdml", "size>=600", "seed!=0", "molecule=gly*") == [
        "sgdml/glycine/n1000/s1",
        "sgdml/glycine/n1000/s10",
    ]


@pytest.mark.parametrize(
    ("condition", "number"),
    [
        ("model=schnet", 16),
        ("model!=schnet", 12),
        ("seed=0,10", 16),
        ("seed = 0, 10", 16),
        ("seed!=0,10", 12),
        ("seed<10", 20),
        ("size>200", 14),
        ("cutoff=4", 4),
        ("cutoff=4.0", 4),
        ("schnet.cutoff>4.5", 12),
        ("cutoff!=4", 12),
        ("norm=none", 16),
        ("symmetries=true", 12),
        ("steps=auto", 12),
        ("lam<=1e-9", 12),
        ("id=0*", sum(cell.id.startswith("0") for cell in CELLS)),
    ],
)
def test_a_condition_on_a_property(condition: str, number: int) -> None:
    assert len(selection([condition]).cells(CELLS)) == number


@pytest.mark.parametrize(
    ("condition", "states"),
    [
        ("state=failed", ["failed"]),
        ("state=failed,stopped", ["stopped", "failed"]),
        ("state!=done", ["pending", "queued", "running", "stopped", "failed", "elsewhere"]),
        ("state=[pq]*", ["pending", "queued"]),
    ],
)
def test_a_condition_on_the_state(condition: str, states: list[str]) -> None:
    chosen = selection([condition])
    assert [state.value for state in CellState if chosen.has(state)] == states
    assert chosen.cells(CELLS) == list(CELLS)


@pytest.mark.parametrize(
    ("pattern", "what", "hint"),
    [
        ("schnett/glycine", "there is no model 'schnett'", "Did you mean 'schnet'?"),
        ("schnet/glycin/n200", "schnet has no molecule 'glycin'", "Did you mean 'glycine'?"),
        ("schnet/glycine/n300", "schnet/glycine has no size 'n300'", "Did you mean 'n200'?"),
        ("*/*/n200/s7", "*/*/n200 has no seed 's7'", "Valid: s0, s1, s10"),
        ("glycine", "there is no model 'glycine'", "Did you mean '*/glycine'?"),
        ("n200", "there is no model 'n200'", "Did you mean '*/*/n200'?"),
        ("aaaa", "there is no model 'aaaa', and no id begins with it", "Valid: schnet, sgdml"),
    ],
)
def test_where_nothing_fits_the_nearest_is_suggested(pattern: str, what: str, hint: str) -> None:
    assert refused(pattern) == f"no cell fits {pattern!r}: {what}. {hint}"
    assert refused("sgdml", pattern) == f"no cell fits {pattern!r}: {what}. {hint}"


@pytest.mark.parametrize(
    ("word", "what", "hint"),
    [
        ("a/b/n1/s0/x", "has more parts than", " a cell's name. Write model/molecule/n200/s0"),
        ("state=faild", ": there is no such state", ". Did you mean 'failed'?"),
        ("state>done", ": there is no such state", ". Did you mean 'done'?"),
        ("size>=many", ": 'many' is no number to compare with", ""),
        ("sise=200", ": cells have no property 'sise'", ". Did you mean 'size'?"),
        ("sgdml.cutoff=4", ": cells have no property 'sgdml.cutoff'", ". Did you mean 'cutoff'?"),
    ],
)
def test_what_cannot_be_meant_is_told(word: str, what: str, hint: str) -> None:
    assert refused(word).startswith(f"{word!r}{what if what[0] == ':' else f' {what}'}{hint}")


def test_one_cell_is_needed_and_several_are_listed() -> None:
    chosen = selection(["sgdml/glycine"])
    found = chosen.cells(CELLS)
    with pytest.raises(NoSuchCell) as raised:
        only(found, chosen)
    listed = "\n".join(f"  {cell.label}" for cell in found[:5])
    assert str(raised.value) == (
        f"6 cells fit 'sgdml/glycine':\n{listed}\n  and 1 more. Name one of them"
    )
    assert only(found[:1], chosen) == found[0]
    with pytest.raises(NoSuchCell, match=r"^no cell fits 'sgdml/glycine'$"):
        only([], chosen)


def test_causes_are_named_as_under_on_failure() -> None:
    chosen = selection(["cause=disk_full,out_of_*"])
    found = [cause.key for cause in Cause if chosen.has(CellState.FAILED, cause)]
    assert found == ["out_of_memory", "disk_full"]
    assert not chosen.has(CellState.RUNNING)
    assert selection(["cause!=walltime"]).has(CellState.STOPPED, Cause.PREEMPTED)
    with pytest.raises(NoSuchCell, match="no such cause. Did you mean 'disk_full'?"):
        selection(["cause=disk_ful"])

from __future__ import annotations

import pytest
from views.standings import assert_plain, drawn, row

from hpcmlff.views.marks import tally
from hpcmlff.views.matrix import Matrix


def test_a_mark_for_each_seed_under_its_size() -> None:
    cells = [
        *row("schnet", "glycine", n200="###", n400="#>o", n1000="X=."),
        *row("sgdml", "glycine", n200="# #", n400=" ##"),
    ]
    assert drawn(Matrix(cells)).splitlines() == [
        "training frames  200    400    1000",
        "schnet/glycine   ###    #>o    X=.",
        "sgdml/glycine    # #     ##",
        "",
        "seeds 0, 1, 2",
        "# done  > running  o queued  . pending  = stopped  X failed",
    ]


def test_variants_of_a_model_have_rows_of_their_own_below_each_other() -> None:
    cells = [
        *row("schnet", "glycine", {"cutoff": 4.0, "features": 64}, n200="##"),
        *row("schnet", "azobenzene", {"cutoff": 4.0, "features": 64}, n200="##"),
        *row("schnet", "glycine", {"cutoff": 5.5, "features": 64}, n200="X#"),
        *row("sgdml", "glycine", {"lam": 1e-10}, n200=".."),
    ]
    assert drawn(Matrix(cells)).splitlines()[1:5] == [
        "schnet/glycine cutoff=4     ##",
        "schnet/glycine cutoff=5.5   X#",
        "schnet/azobenzene cutoff=4  ##",
        "sgdml/glycine               ..",
    ]


def test_with_very_many_variants_those_of_a_model_share_a_row_and_are_counted() -> None:
    cells = [
        one
        for cutoff in range(30)
        for one in row("schnet", "glycine", {"cutoff": cutoff}, n200="#X", n400="=.")
    ]
    assert drawn(Matrix(cells)).splitlines() == [
        "training frames  200        400",
        "schnet/glycine   30/60 30X  0/60 30=",
        "",
        "# done  . pending  = stopped  X failed",
    ]


def test_of_very_many_seeds_the_numbers_are_told() -> None:
    cells = row("schnet", "glycine", n200="#" * 18 + "XX", n400="#" * 20)
    assert drawn(Matrix(cells)).splitlines()[1] == "schnet/glycine   18/20 2X  20/20"
    assert tally(one.state for one in cells) == "38/40 2X"


def test_of_very_many_rows_as_many_are_shown_as_a_page_holds() -> None:
    cells = [one for number in range(40) for one in row("mean", f"m{number}", n200="#")]
    text = drawn(Matrix(cells))
    assert "mean/m23 " in text
    assert "mean/m24 " not in text
    assert "and 16 rows more; a pattern chooses" in text


@pytest.mark.parametrize("width", [80, 40, 24])
def test_sizes_that_do_not_fit_side_by_side_go_below(width: int) -> None:
    sizes = {f"n{size}": "##>ooXX..#" for size in range(100, 1100, 100)}
    cells = row("schnet", "azobenzene", {"cutoff": 4.0}, **sizes)
    cells += row("schnet", "azobenzene", {"cutoff": 5.0}, **sizes)
    text = drawn(Matrix(cells), width)
    assert text.count("##>ooXX..#") == 20
    found = [int(word) for word in text.split() if word.isdigit() and int(word) >= 100]
    assert found == list(range(100, 1100, 100))
    if width >= 40:
        assert_plain(text, width)


def test_colours_are_for_terminals_that_have_them() -> None:
    cells = row("schnet", "glycine", n200="#X")
    terminal = {"force_terminal": True, "color_system": "standard"}
    assert "\x1b[32m#\x1b[0m\x1b[31mX\x1b[0m" in drawn(Matrix(cells), **terminal)
    assert_plain(drawn(Matrix(cells)))
    assert_plain(drawn(Matrix(cells), force_terminal=True, color_system=None))

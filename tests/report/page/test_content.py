from __future__ import annotations

import pandas as pd
import pytest

from hpcmlff.report.costs import cost_table
from hpcmlff.report.findings import Finding, codes_of_cells, grouped, tally
from hpcmlff.report.page.content import Entry, cell_table, error_tables, glance
from hpcmlff.report.page.render import About, render
from hpcmlff.report.rows import tidy

ABOUT = About(name="st<u>dy", store="/data/<x>", collected="today", version="0", grid="a: <b>\n")


def finding(severity, code, *cells):
    return Finding(
        severity=severity, code=code, where="<here>", text="a & b", advice="Do <it>", cells=cells
    )


def test_tables_mark_the_best_the_partly_done_and_the_gaps(small) -> None:
    force, *_ = error_tables(small)["ethanol"]
    assert force.heading == "force RMSE (kcal/mol/Å)"
    assert force.columns == (("model", ""), ("200", ""), ("400", ""))
    assert force.numeric == (False, True, True)
    schnet, sgdml = force.lines
    assert schnet == (
        Entry(text="schnet"),
        Entry(text="2.50 ± 0.50", value="2.5"),
        Entry(text="1.50 (1/3)", value="1.5", mark="part"),
    )
    assert sgdml[1] == Entry(text="1.10 ± 0.14 (2/3)", value="1.1", mark="best")
    assert sgdml[2] == Entry(text="– 1 running, 2 failed", mark="gap")


def test_cells_are_sorted_by_what_they_are_and_shown_short(cell) -> None:
    own = {"sgdml.sigma": 10, "findings": "a b"}
    rows = pd.DataFrame(
        [cell("sgdml", 200, 0, 1 / 3, cell_id="f" * 64, **own), cell("schnet", 200, 1)]
    )
    table = cell_table(tidy(rows), ["sgdml.sigma"])
    names = [name for name, _ in table.columns]
    assert names[:4] == ["model", "sgdml.sigma", "molecule", "size"]
    schnet, sgdml = (dict(zip(names, line, strict=True)) for line in table.lines)
    assert sgdml["force RMSE"] == Entry(text="0.3333", value=repr(1 / 3))
    assert sgdml["cell"] == Entry(text="f" * 12)
    assert sgdml["sgdml.sigma"].text == "10"
    assert sgdml["findings"].text == "a b"
    assert schnet["force RMSE"] == schnet["sgdml.sigma"] == Entry(text="")


def test_the_first_table_has_the_largest_size_that_is_done(small) -> None:
    table = glance(small, cost_table(small))
    assert [[one.text for one in line] for line in table.lines] == [
        ["ethanol", "schnet", "400", "1.50 (1/3)", "0.750 (1/3)", "–"],
        ["ethanol", "sgdml (sigma=10)", "200", "1.10 ± 0.14 (2/3)", "0.55 ± 0.07 (2/3)", "–"],
    ]


def test_findings_come_by_code_the_worst_first_and_none_is_left_out() -> None:
    found = [
        finding("note", "n"),
        finding("warning", "w", "1"),
        finding("error", "e", "1", "2"),
        finding("warning", "w", "2"),
    ]
    assert [(one.severity, one.code, len(one.findings)) for one in grouped(found)] == [
        ("error", "e", 1),
        ("warning", "w", 2),
        ("note", "n", 1),
    ]
    assert codes_of_cells(found) == {"1": "w e", "2": "e w"}
    assert tally(found) == "1 error, 2 warnings, 1 note"
    assert tally([]) == "nothing found"


def test_nothing_of_the_results_becomes_markup(cell) -> None:
    rows = pd.DataFrame([cell("m<i>", 200, 0, state="failed", reason="<script>alert(1)</script>")])
    page = render(rows, [finding("error", "e", "m<i>2000")], [], ABOUT)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<i>" not in page.replace("<i class", "")
    assert "st&lt;u&gt;dy" in page
    assert "&lt;here&gt;" in page
    assert "a &amp; b" in page


def test_the_page_asks_for_nothing_and_says_so(small) -> None:
    page = render(small, [], [], ABOUT)
    assert "default-src 'none'" in page
    for word in ("http:", "https:", "src=", "@import", "url("):
        assert word not in page.replace("img-src", ""), word
    assert page.count("<script>") == 1
    assert "nothing found" in page


@pytest.mark.parametrize("rows", [pd.DataFrame()])
def test_a_grid_without_cells_has_a_page(rows) -> None:
    assert "0 cells in all" in render(rows, [], [], ABOUT)

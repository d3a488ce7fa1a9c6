from __future__ import annotations

from typing import Any

import pytest
from views.standings import assert_plain, at, cell, drawn

from hpcmlff.views.running import facts, running_table

NOW = 1_000_000.0
ONE = cell("schnet", "glycine", 200, 0)


def report(**changes: Any) -> dict[str, Any]:
    known = {"step": 250, "steps": 1000, "loss": 0.123456, "phase": "training", "time_left_s": 900}
    return {**known, **changes}


@pytest.mark.parametrize(
    ("facts_", "shown"),
    [
        ({}, ("", "", "starting", "none")),
        ({"progress": report(), "saved_at": NOW - 130}, ("25 %", "0.123", "15 min", "2 min ago")),
        ({"progress": report(time_left_s=None, loss=None)}, ("25 %", "", "", "none")),
        ({"progress": report(phase="scoring", step=1000)}, ("100 %", "0.123", "scoring", "none")),
        (
            {"progress": report(), "reported_at": NOW - 4000},
            ("25 %", "0.123", "silent 67 min", "none"),
        ),
        # The clock of the disk may be ahead of ours.
        ({"progress": report(), "saved_at": NOW + 5}, ("25 %", "0.123", "15 min", "0 s ago")),
        ({"progress": report(time_left_s=200_000)}, ("25 %", "0.123", "2.3 d", "none")),
    ],
)
def test_what_is_told_of_a_running_cell(facts_: dict[str, Any], shown: tuple[str, ...]) -> None:
    assert facts(at(ONE, ">", **facts_), NOW) == shown


def test_long_names_and_times_fit_a_terminal_of_80_columns() -> None:
    other = cell("schnet", "azobenzene-derivative", 1000, 17)
    progress = report(time_left_s=13 * 86400)
    rows = [
        at(ONE, ">", progress=progress, saved_at=NOW - 9e6, reported_at=NOW - 8e6),
        at(other, ">", progress=progress, saved_at=NOW, reported_at=NOW),
    ]
    names = {one.cell.id: one.cell.label for one in rows}
    text = drawn(running_table(rows, names, NOW))
    assert_plain(text)
    joined = text.replace("\n", " ")
    assert "silent 93 d" in joined
    assert "104 d ago" in joined
    assert "13 d" in joined

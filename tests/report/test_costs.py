from __future__ import annotations

import math

import pandas as pd
import pytest

from hpcmlff.report.costs import cost_lines, cost_table
from hpcmlff.report.markdown import document


def _paid(cell, *place, **paid):
    own = {
        "core_h": 2.0,
        "gpu_h": 0.0,
        "requested_core_h": 8.0,
        "lost_core_h": 0.5,
        "cpu_s": 3600.0,
    }
    return cell(*place, **{**own, **paid})


@pytest.fixture
def rows(cell):
    return pd.DataFrame(
        [
            _paid(cell, "sgdml", 200, 0, 1.0),
            _paid(cell, "sgdml", 200, 1, 1.0, core_h=4.0, lost_core_h=0.0),
            _paid(cell, "sgdml", 400, 0, state="failed", lost_core_h=2.0, cpu_s=math.nan),
            _paid(cell, "schnet", 200, 0, 1.0, gpu_h=1.0, requested_core_h=0.0),
            cell("schnet", 400, 0, core_h=math.nan),
        ]
    )


def test_hours_are_added_up_with_losses_and_idle_cores(rows):
    schnet, sgdml = cost_table(rows).to_dict("records")
    assert (sgdml["series"], sgdml["n_done"], sgdml["n_all"]) == ("sgdml", 2, 3)
    assert (sgdml["core_h"], sgdml["lost_core_h"]) == (8.0, 2.5)
    assert sgdml["busy_core_h"] == 2.0
    assert sgdml["requested_core_h"] == 24.0
    assert (sgdml["useful_core_h"], sgdml["open_core_h"]) == (5.5, 0.0)
    assert (schnet["gpu_h"], schnet["n_done"], schnet["n_all"]) == (1.0, 1, 2)


def test_shares_are_of_what_they_are_named_after(rows):
    head, (schnet, sgdml) = cost_lines(cost_table(rows))
    assert head[-3:] == ("cores busy", "lost", "used of requested")
    assert sgdml == ["ethanol", "sgdml", "2/3", "8", "–", "2.75", "36%", "31%", "33%"]
    assert schnet == ["ethanol", "schnet", "1/2", "2", "1", "1.5", "67%", "25%", "–"]


def test_costs_stand_in_markdown_where_something_was_spent(rows, small):
    text = document(rows)
    assert "## Cost" in text
    assert "| ethanol | sgdml | 2/3 | 8 | – | 2.75 | 36% | 31% | 33% |" in text
    assert "## Cost" not in document(small)

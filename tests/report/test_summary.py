from __future__ import annotations

import math
import statistics

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpcmlff.metrics import METRICS
from hpcmlff.report.rows import series_of
from hpcmlff.report.summary import COLUMNS, learning_table, series_name
from hpcmlff.spec.states import CellState

FORCE = "force_rmse_kcal_mol_ang"


def lines_of(rows, metric=FORCE):
    table = learning_table(rows)
    own = table[table["metric"] == metric]
    return {(line["model"], line["size"]): line for line in own.to_dict("records")}


def test_mean_spread_and_counts_of_seeds(small):
    lines = lines_of(small)
    schnet = lines["schnet", 200]
    assert (schnet["mean"], schnet["spread"]) == (2.5, 0.5)
    assert (schnet["n_done"], schnet["n_all"], schnet["states"]) == (3, 3, "3 done")
    partial = lines["sgdml", 200]
    assert partial["mean"] == pytest.approx(1.1)
    assert partial["spread"] == pytest.approx(math.sqrt(0.02))
    assert (partial["n_done"], partial["n_all"]) == (2, 3)
    assert partial["states"] == "1 failed, 2 done"


def test_one_seed_has_no_spread_and_none_has_no_mean(small):
    lines = lines_of(small)
    assert lines["schnet", 400]["mean"] == 1.5
    assert math.isnan(lines["schnet", 400]["spread"])
    assert math.isnan(lines["sgdml", 400]["mean"])
    assert lines["sgdml", 400]["states"] == "1 running, 2 failed"


def test_the_table_is_tidy_and_ordered(small):
    table = learning_table(small)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 4 * len(METRICS)
    assert table["metric"].tolist() == [*METRICS] * 4
    groups = table[["model", "variant", "size"]].drop_duplicates()
    assert groups.to_numpy().tolist() == [
        ["schnet", "", 200],
        ["schnet", "", 400],
        ["sgdml", "sigma=10", 200],
        ["sgdml", "sigma=10", 400],
    ]


def test_a_done_cell_without_a_value_is_called_not_scored(cell):
    rows = pd.DataFrame(
        [cell("m", 100, 0, 1.0, energy_rmse_kcal_mol=None), cell("m", 100, 1, math.inf)]
    )
    line = lines_of(rows, "energy_rmse_kcal_mol")["m", 100]
    assert (line["n_done"], line["states"]) == (0, "2 not scored")
    assert lines_of(rows)["m", 100]["states"] == "1 done, 1 not scored"


def test_a_value_of_a_cell_that_is_not_done_does_not_count(cell):
    rows = pd.DataFrame([cell("m", 100, 0, 1.0), cell("m", 100, 1, 9.0, state="running")])
    assert lines_of(rows)["m", 100]["mean"] == 1.0


def test_a_state_from_a_later_version_is_counted_too(cell):
    rows = pd.DataFrame([cell("m", 100, 0, state="lost"), cell("m", 100, 1, state="failed")])
    assert lines_of(rows)["m", 100]["states"] == "1 failed, 1 lost"


def test_no_rows_give_no_lines():
    assert list(learning_table(pd.DataFrame()).columns) == list(COLUMNS)
    assert series_of(pd.DataFrame()) == []


def test_series_come_by_model_name_then_by_value(cell):
    rows = pd.DataFrame(
        [
            cell("b", 100, 0, molecule="a1", **{"b.x": 10}),
            cell("a", 100, 0, molecule="a2"),
            cell("b", 100, 0, molecule="a2", **{"b.x": 9}),
        ]
    )
    assert series_of(rows) == [("a", ""), ("b", "x=9"), ("b", "x=10")]


def test_a_series_is_named_with_its_variant():
    assert series_name("sgdml", "sigma=20") == "sgdml (sigma=20)"
    assert series_name("sgdml", "") == "sgdml"


outcomes = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from([100, 200]),
        st.sampled_from(list(CellState)),
        st.floats(min_value=1e-6, max_value=1e6),
    ),
    min_size=1,
    max_size=25,
)


# The function is the same for every example, so that the fixture need not be renewed.
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(found=outcomes)
def test_aggregation_agrees_with_plain_python(cell, found):
    rows = pd.DataFrame(
        [
            cell(model, size, seed, value if state == CellState.DONE else None, state=state)
            for seed, (model, size, state, value) in enumerate(found)
        ]
    )
    lines = lines_of(rows)
    assert set(lines) == {(model, size) for model, size, _, _ in found}
    for (model, size), line in lines.items():
        own = [item for item in found if item[:2] == (model, size)]
        values = [value for *_, state, value in own if state == CellState.DONE]
        assert (line["n_done"], line["n_all"]) == (len(values), len(own))
        if values:
            assert line["mean"] == pytest.approx(statistics.fmean(values))
        if len(values) > 1:
            spread = statistics.stdev(values)
            assert line["spread"] == pytest.approx(spread, rel=1e-6, abs=1e-9 * max(values))
        else:
            assert math.isnan(line["spread"])
        counted = [text.split(" ", 1) for text in line["states"].split(", ")]
        assert {state: int(n) for n, state in counted} == {
            state: sum(item[2] == state for item in own) for state in {item[2] for item in own}
        }

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hpcmlff.report.labels import LABELS, heading
from hpcmlff.report.rows import REQUIRED, is_missing, shown, tidy, with_variant


def test_columns_and_rows_have_one_order_whatever_they_came_in(small):
    shuffled = small.sample(frac=1, random_state=1)[list(reversed(small.columns))]
    pd.testing.assert_frame_equal(tidy(shuffled), tidy(small))
    assert list(tidy(small).columns) == [
        "model", "molecule", "size", "seed", "sgdml.sigma", *REQUIRED[4:],
    ]  # fmt: skip


def test_the_callers_rows_stay_as_they_are(small):
    before = small.copy()
    tidy(small)
    pd.testing.assert_frame_equal(small, before)


def test_pandas_own_missing_value_is_missing(small):
    table = tidy(small.assign(n_train=pd.Series([200, pd.NA] * 6, dtype=object)))
    assert table["n_train"].isna().sum() == 6
    assert str(table["n_train"].dtype) == "Int64"


def test_optional_columns_come_after_the_required_ones(small):
    table = tidy(small.assign(reason="", cpu_s=1.5, abc=1))
    assert list(table.columns)[-4:] == ["attempts", "cpu_s", "reason", "abc"]


def test_further_columns_come_last_by_name(small):
    table = tidy(small.assign(zeta=1, host="n1"))
    assert list(table.columns)[-2:] == ["host", "zeta"]


def test_missing_counts_stay_whole_numbers(small):
    table = tidy(small)
    assert str(table["n_train"].dtype) == "Int64"
    assert table["n_train"].isna().sum() == 6
    assert str(table["size"].dtype) == "int64"


def test_a_missing_column_is_named(small):
    with pytest.raises(ValueError, match=r"^result rows lack the columns seed, train_s$"):
        tidy(small.drop(columns=["train_s", "seed"]))


def test_no_rows_at_all_give_an_empty_table():
    table = tidy(pd.DataFrame())
    assert list(table.columns) == list(REQUIRED)
    assert table.empty


def test_variants_name_the_models_own_hyperparameters(cell):
    rows = pd.DataFrame(
        [
            cell("sgdml", 200, 0, **{"sgdml.sigma": 20, "sgdml.lam": 1e-10}),
            cell("sgdml", 200, 0, **{"sgdml.sigma": 5, "sgdml.lam": 1e-10}),
            cell("sgdml", 200, 0),
            cell("schnet", 200, 0, **{"schnet.cutoff": 5.5}),
        ]
    )
    assert with_variant(rows)["variant"].tolist() == [
        "cutoff=5.5",
        "",
        "lam=1e-10, sigma=5",
        "lam=1e-10, sigma=20",
    ]


@pytest.mark.parametrize(
    ("values", "dtype", "kept"),
    [
        ([True, None], "boolean", [True, None]),
        ([10, 20], "Int64", [10, 20]),
        ([10.5, None], "float64", [10.5, None]),
        ([None, None], "float64", [None, None]),
        (["adam", None], "str", ["adam", None]),
        ([[64, 64], "auto"], "str", ["[64, 64]", "auto"]),
        ([np.float32(0.5), np.int64(2)], "float64", [0.5, 2.0]),
        ([True, 1], "str", ["true", "1"]),
    ],
)
def test_hyperparameters_get_one_type(cell, values, dtype, kept):
    rows = pd.DataFrame([cell("m", 100, seed) for seed in (0, 1)])
    rows["m.x"] = pd.Series(values, dtype=object)
    column = tidy(rows).sort_values("seed")["m.x"]
    assert str(column.dtype) == dtype
    assert [None if is_missing(value) else value for value in column] == kept


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.0, "10"),
        (10, "10"),
        (1e-10, "1e-10"),
        (0.1234567890123, "0.1234567890123"),
        (True, "true"),
        ("adam", "adam"),
        ([1, 2], "[1, 2]"),
        (np.int64(7), "7"),
    ],
)
def test_values_are_shown_plainly_and_in_full(value, text):
    assert shown(value) == text


def test_every_metric_has_unit_and_definition():
    from hpcmlff.metrics import METRICS

    assert all(LABELS[name].unit and LABELS[name].definition for name in METRICS)
    assert heading("energy_mae_kcal_mol") == "energy MAE (kcal/mol)"
    assert heading("sgdml.sigma") == "sgdml.sigma"

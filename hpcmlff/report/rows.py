"""Result rows brought into one form: types, order of columns, order of rows, variants."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd

from hpcmlff.metrics import METRICS
from hpcmlff.report.labels import LABELS, OPTIONAL

REQUIRED = tuple(name for name in LABELS if name not in OPTIONAL)
"""Columns that rows must have."""

_IDENTITY = ("model", "molecule", "size", "seed")
_INTEGERS = ("size", "seed")
_COUNTS = ("n_train", "n_test", "attempts")
_FLOATS = (*METRICS, "train_s")
_TEXTS = ("model", "molecule", "cell_id", "state")


def hyperparameters(rows: pd.DataFrame) -> list[str]:
    """Return the sorted names of the columns ``<model>.<hyperparameter>``."""
    return sorted(name for name in map(str, rows.columns) if "." in name)


def tidy(rows: pd.DataFrame) -> pd.DataFrame:
    """Bring rows into one form, whatever order and types they come in.

    Parameters
    ----------
    rows
        One row per cell with the columns of `hpcmlff.report.labels.LABELS` (those of
        `OPTIONAL` may be left out), errors in kcal/mol and kcal/mol/Å; further columns
        with a dot are hyperparameters, empty (None or NaN) where they are not of the
        row's model.

    Returns
    -------
    DataFrame
        Sorted by molecule, model, hyperparameters, size and seed. Columns: identity,
        hyperparameters, the other known ones, then unknown ones by name.

    Raises
    ------
    ValueError
        A column is missing.
    """
    return with_variant(rows).drop(columns="variant")


def with_variant(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `tidy` rows with a last column ``variant``, such as ``lam=1e-10, sigma=20``.

    It names the hyperparameters that the grid varies for the row's model and is empty
    where there are none.

    Raises
    ------
    ValueError
        A column is missing.
    """
    own = hyperparameters(rows)
    keys = _keys(rows, own)
    ranks = {key: number for number, key in enumerate(sorted(set(keys)))}
    plain = _typed(_with_required(rows), own)
    plain["variant"] = pd.Series([_variant(key) for key in keys], index=plain.index, dtype="str")
    plain["_rank"] = [ranks[key] for key in keys]
    order = ["molecule", "model", "_rank", "size", "seed", "cell_id"]
    plain = plain.sort_values(order, kind="stable", ignore_index=True)
    return plain[_column_order(plain, own)]


def series_of(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs (model, variant), models by name, variants by value."""
    own = hyperparameters(rows)
    return [(key[0], _variant(key)) for key in sorted(set(_keys(rows, own)))]


def shown(value: Any) -> str:
    """Return a hyperparameter's value as text; 10.0 and 10 are the same.

    A column that also has empty places turns whole numbers into floats.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(_listed(value))


def is_missing(value: Any) -> bool:
    """Tell whether a value is None, NaN or pandas' NA."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _with_required(rows: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in REQUIRED if name not in rows.columns]
    if missing and len(rows):
        raise ValueError(f"result rows lack the columns {', '.join(missing)}")
    # reset_index copies: the caller's frame stays as it is.
    return rows.reindex(columns=[*rows.columns, *missing]).reset_index(drop=True)


def _typed(rows: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    for name in (*_FLOATS, *_COUNTS, *_INTEGERS):
        rows[name] = pd.to_numeric(rows[name]).astype("float64")
    for name in (*_COUNTS, *_INTEGERS):
        rows[name] = rows[name].astype("int64" if name in _INTEGERS else "Int64")
    for name in _TEXTS:
        rows[name] = rows[name].map(str).astype("str")
    for name in own:
        rows[name] = _uniform(rows[name])
    return rows


def _uniform(column: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column one type, which Parquet needs: bool, number or text."""
    values = [None if is_missing(value) else _listed(value) for value in column]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pd.Series(values, index=column.index, dtype="boolean")
    if kinds == {int}:
        return pd.Series(values, index=column.index, dtype="Int64")
    if kinds <= {int, float}:
        return pd.Series(values, index=column.index, dtype="float64")
    texts = [None if value is None else shown(value) for value in values]
    return pd.Series(texts, index=column.index, dtype="str")


def _listed(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _column_order(rows: pd.DataFrame, own: list[str]) -> list[str]:
    known = [name for name in LABELS if name in rows.columns and name not in _IDENTITY]
    first = [*_IDENTITY, *own, *known]
    added = {"variant", "_rank"}
    others = sorted(str(name) for name in rows.columns if name not in {*first, *added})
    return [*first, *others, "variant"]


# Model, then (name, sort class, number, text) of each of its hyperparameters.
_Key = tuple[str, tuple[tuple[str, int, float, str], ...]]


def _keys(rows: pd.DataFrame, own: list[str]) -> list[_Key]:
    # Only what is needed: turning all columns into dictionaries takes ten times as long.
    named = rows[[name for name in ("model", *own) if name in rows.columns]]
    return [_key(record, own) for record in named.to_dict("records")]


def _key(record: dict[Any, Any], own: list[str]) -> _Key:
    model = str(record["model"])
    mine = [name for name in own if name.startswith(f"{model}.")]
    return model, tuple(
        _place(name.removeprefix(f"{model}."), record[name])
        for name in mine
        if not is_missing(record[name])
    )


def _place(name: str, value: Any) -> tuple[str, int, float, str]:
    if isinstance(value, int | float):
        return name, 0, float(value), shown(value)
    return name, 1, 0.0, shown(value)


def _variant(key: _Key) -> str:
    return ", ".join(f"{name}={text}" for name, _, _, text in key[1])

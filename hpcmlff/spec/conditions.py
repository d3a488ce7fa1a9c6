"""Conditions on points of a grid, as ``exclude`` and ``resources`` use them."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

Condition = Mapping[str, Any]
"""Axis name to a value, a list of values, or a comparison such as ``">= 600"``."""

_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
}
_COMPARISON = re.compile(r"(>=|<=|!=|>|<)\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")


def matches(condition: Condition, point: Mapping[str, Any]) -> bool:
    """Tell whether a point has every property a condition names.

    An axis the point does not have (a hyperparameter of another model) never matches.
    """
    return all(key in point and _holds(want, point[key]) for key, want in condition.items())


def literals(want: Any) -> list[Any]:
    """Return the plain values a condition names, without its comparisons."""
    values = list(want) if isinstance(want, Sequence) and not isinstance(want, str) else [want]
    return [value for value in values if _comparison(value) is None]


def _comparison(want: Any) -> re.Match[str] | None:
    return _COMPARISON.fullmatch(want.strip()) if isinstance(want, str) else None


def _holds(want: Any, value: Any) -> bool:
    if isinstance(want, Sequence) and not isinstance(want, str):
        return any(_holds(one, value) for one in want)
    if match := _comparison(want):
        is_number = isinstance(value, int | float)
        return is_number and bool(_COMPARE[match[1]](value, float(match[2])))
    return bool(want == value)

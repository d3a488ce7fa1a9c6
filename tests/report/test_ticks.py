from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcmlff.report.ticks import log_limits, plain, size_ticks, value_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.05, 200, [0.1, 1, 10, 100]),
        (0.5, 20, [1, 3, 10]),
        (0.9, 6, [1, 2, 5]),
        (2.1, 6, [3, 4, 5]),
        (1.01, 1.19, [1.05, 1.1, 1.15]),
        (1e-12, 1e6, [1e-12, 1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6]),
    ],
)
def test_values_get_round_ticks(low, high, ticks):
    assert value_ticks(low, high) == ticks


@given(st.floats(1e-8, 1e8), st.floats(1.05, 1e6))
def test_there_are_always_a_few_ticks_and_never_a_crowd(low, ratio):
    found = value_ticks(low, low * ratio)
    assert 3 <= len(found) <= 8
    assert all(low <= tick <= low * ratio * (1 + 1e-9) for tick in found)
    assert found == sorted(set(found))
    assert len({plain(tick) for tick in found}) == len(found)


@given(st.lists(st.floats(1e-6, 1e6), min_size=1), st.floats(0, 0.6))
def test_limits_leave_a_margin_and_headroom(values, headroom):
    low, high = log_limits(values, headroom)
    assert low < min(values)
    assert high > max(values)


def test_close_sizes_are_labelled_as_far_as_they_fit():
    sizes = list(range(100, 1100, 100))
    assert size_ticks(sizes, *log_limits(sizes)) == [100, 200, 300, 500, 700, 1000]
    assert size_ticks([200, 400, 600, 800, 1000], 180, 1100) == [200, 400, 600, 800, 1000]
    assert size_ticks([1000], 700, 1400) == [1000]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.05"), (2.0, "2"), (1000.0, "1000"), (1e6, "1e+06"), (1.05, "1.05"), (1e-5, "1e-05")],
)
def test_ticks_are_plain_numbers(value, text):
    assert plain(value) == text

from __future__ import annotations

import pytest

from hpcmlff.views.loss_plot import loss_plot


def test_powers_of_ten_fall_in_a_straight_line() -> None:
    points = [(step, 10.0 ** (1 - step / 10)) for step in range(0, 31, 10)]
    assert loss_plot(points, width=20, height=6) == [
        "  10 |*",
        "     |    *",
        "     |         *",
        "0.01 |             *",
        "     +--------------",
        "      0      step 30",
    ]


def test_losses_that_are_not_all_positive_are_drawn_as_they_are() -> None:
    assert loss_plot([(0, 1.0), (1, 0.0), (2, -1.0)], width=12, height=5) == [
        " 1 |*",
        "   |    *",
        "-1 |       *",
        "   +--------",
        "    0 step 2",
    ]


def test_one_loss_and_equal_losses_are_a_line() -> None:
    assert loss_plot([(0, 0.5), (10, 0.5)], width=20, height=5) == [
        "    |",
        "0.5 |*             *",
        "    |",
        "    +---------------",
        "     0       step 10",
    ]
    assert loss_plot([(7, 0.5)], width=20, height=5)[1] == "0.5 |*"


@pytest.mark.parametrize("width", [30, 60, 76])
def test_no_line_is_too_long_and_both_ends_are_there(width: int) -> None:
    points = [(step, 123456.0 / (1 + step) ** 2) for step in range(0, 100_000, 217)]
    lines = loss_plot(points, width, 14)
    assert len(lines) == 14
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("1.23e+05 |*")
    assert lines[11].rstrip()[-1] == "*"
    assert lines[-1].endswith("step 99,820")

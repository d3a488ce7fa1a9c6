from __future__ import annotations

import math

import pandas as pd
import pytest

from hpcmlff.report.rows import with_variant
from hpcmlff.report.wording import entry, mean_spread, progress, unfinished


@pytest.mark.parametrize(
    ("mean", "spread", "text"),
    [
        (1.3612, 0.0421, "1.36 ± 0.04"),
        (1.3612, 0.0142, "1.361 ± 0.014"),
        (1.3612, 0.0004, "1.3612 ± 0.0004"),
        (1.3612, 1e-9, "1.36120 ± 0.00000"),
        (1.3612, 1.1, "1.36 ± 1.10"),
        (1.3612, 0.0, "1.36 ± 0.00"),
        (1.3612, math.nan, "1.36"),
        (0.968, 0.052, "0.97 ± 0.05"),
        (0.0968, 0.0052, "0.097 ± 0.005"),
        (13.2, 0.7, "13.2 ± 0.7"),
        (523.4, 12.3, "523 ± 12"),
        (9.999, math.nan, "10.00"),
        (0.0, math.nan, "0.00"),
        (123456.0, math.nan, "1.23e+05"),
        (123456.0, 2000.0, "1.23e+05 ± 2e+03"),
        (0.00001, math.nan, "1.00e-05"),
    ],
)
def test_numbers_have_the_digits_that_mean_something(mean, spread, text):
    assert mean_spread(mean, spread) == text


@pytest.mark.parametrize(
    ("n_done", "n_all", "states", "text"),
    [
        (3, 3, "3 done", "1.36 ± 0.04"),
        (2, 3, "2 done, 1 failed", "1.36 ± 0.04 (2/3)"),
        (0, 3, "3 failed", "– failed"),
        (0, 1, "1 pending", "– pending"),
        (0, 3, "1 running, 2 failed", "– 1 running, 2 failed"),
        (0, 11, "1 pending, 10 failed", "– 1 pending, 10 failed"),
    ],
)
def test_an_entry_tells_how_many_seeds_it_rests_on(n_done, n_all, states, text):
    line = {"mean": 1.3612, "spread": 0.0421, "n_done": n_done, "n_all": n_all, "states": states}
    assert entry(line) == text


def test_progress_counts_states(small):
    assert progress(with_variant(small)) == "6 of 12 cells done; 2 pending, 1 running, 3 failed"
    assert progress(with_variant(small[6:9])) == "3 of 3 cells done"


def test_unfinished_cells_are_named_with_their_seeds(small):
    cells = with_variant(small)
    assert unfinished(cells, "failed") == (
        "sgdml (sigma=10) ethanol 200 (seed 2); sgdml (sigma=10) ethanol 400 (seeds 0, 1)"
    )
    assert (
        unfinished(cells, "failed", most=1) == "sgdml (sigma=10) ethanol 200 (seed 2); and 2 more"
    )


def test_many_seeds_are_counted(cell):
    cells = with_variant(pd.DataFrame([cell("m", 100, seed) for seed in range(6)]))
    assert unfinished(cells, "pending") == "m ethanol 100 (6 seeds)"

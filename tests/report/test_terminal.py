from __future__ import annotations

import io

import pandas as pd
import pytest
from rich.console import Console

from hpcmlff.report.terminal import render_table

GOLDEN = """\
ethanol: force RMSE (kcal/mol/Å)
model                           200                    400
──────────────────────────────────────────────────────────
schnet                  2.50 ± 0.50             1.50 (1/3)
sgdml (sigma=10)  1.10 ± 0.14 (2/3)  – 1 running, 2 failed

ethanol: energy RMSE (kcal/mol)
model                           200                    400
──────────────────────────────────────────────────────────
schnet                  1.25 ± 0.25            0.750 (1/3)
sgdml (sigma=10)  0.55 ± 0.07 (2/3)  – 1 running, 2 failed

Columns: training frames. Entries: mean ± sample standard deviation over seeds.
6 of 12 cells done; 2 pending, 1 running, 3 failed.
pending: schnet ethanol 400 (seeds 1, 2)
running: sgdml (sigma=10) ethanol 400 (seed 2)
failed: sgdml (sigma=10) ethanol 200 (seed 2); sgdml (sigma=10) ethanol 400 
(seeds 0, 1)
"""  # noqa: W291 - rich leaves the space where it wraps


def printed(rows, width=80, **options):
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(render_table(rows))
    return console.file.getvalue()


def test_summary_of_a_small_grid(small):
    assert printed(small) == GOLDEN


def test_five_sizes_fit_into_eighty_columns(cell):
    rows = pd.DataFrame(
        [
            cell(model, size, seed, 1.0 + 0.1 * seed)
            for model in ("schnet", "sgdml")
            for size in (200, 400, 600, 800, 1000)
            for seed in (0, 1, 2)
        ]
    )
    text = printed(rows)
    assert "continued" not in text
    assert "model           200          400          600          800         1000" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_narrow_terminal_gets_several_tables_and_no_broken_number(cell, width):
    sizes = range(100, 1100, 100)
    rows = pd.DataFrame([cell("m", size, seed, 1.0 + seed) for size in sizes for seed in (0, 1)])
    text = printed(rows, width=width)
    assert text.count("1.50 ± 0.71") == len(sizes)
    assert max(map(len, text.splitlines())) <= width
    assert ("continued" in text) == (width < 200)


def test_what_is_missing_is_named(small):
    text = printed(small, width=200)
    assert "6 of 12 cells done; 2 pending, 1 running, 3 failed.\n" in text
    assert "pending: schnet ethanol 400 (seeds 1, 2)\n" in text
    assert "failed: sgdml (sigma=10) ethanol 200 (seed 2); sgdml (sigma=10) ethanol 400" in text


def test_failures_are_red_where_there_is_colour(cell):
    rows = pd.DataFrame([cell("m", 100, 0, state="failed"), cell("m", 200, 0, state="stopped")])
    options = {"force_terminal": True, "color_system": "standard"}
    assert "\x1b[31m   – failed\x1b[0m" in printed(rows, **options)
    assert "\x1b" not in printed(rows)


def test_names_with_brackets_are_no_markup(cell):
    rows = pd.DataFrame([cell("m", 100, 0, 1.0, **{"m.layers": "[bold]"})])
    assert "m (layers=[bold])" in printed(rows)


def test_no_cells_at_all():
    assert printed(pd.DataFrame()).endswith("0 of 0 cells done.\n")

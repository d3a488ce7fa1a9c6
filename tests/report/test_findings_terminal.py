from __future__ import annotations

import io

import pytest
from rich.console import Console

from hpcmlff.report.findings import Finding, number
from hpcmlff.report.terminal_findings import render_findings

OFFSET = {"severity": "warning", "code": "energy-offset", "advice": "Look at the constant"}
FOUND = [
    Finding(**OFFSET, where="sgdml ethanol 200 (seed 1)", text="off by 0.5 kcal/mol"),
    Finding(**OFFSET, where="sgdml ethanol 400 (seed 0)", text="off by -0.7 kcal/mol"),
    Finding(
        severity="error",
        code="units",
        where="schnet ethanol 200 (seeds 0, 1, 2, 3, 4, 5)",
        text="the reference varies 23.1 times as much as the predicted forces",
        advice="Check the units",
    ),
]

GOLDEN = """\
Quality: 1 error, 2 warnings.
error units
  schnet ethanol 200 (seeds 0, 1, 2, 3, 4, 5): the reference
  varies 23.1 times as much as the predicted forces
  Check the units.
warning energy-offset
  sgdml ethanol 200 (seed 1): off by 0.5 kcal/mol
  sgdml ethanol 400 (seed 0): off by -0.7 kcal/mol
  Look at the constant.
"""


def printed(findings, **options):
    console = Console(file=io.StringIO(), width=62, highlight=False, **options)
    for part in render_findings(findings):
        console.print(part)
    return console.file.getvalue()


def test_every_finding_is_told_with_what_to_do() -> None:
    lines = printed(FOUND).splitlines()
    assert "\n".join(line.rstrip() for line in lines) + "\n" == GOLDEN
    assert max(map(len, lines)) <= 62


def test_nothing_found_is_one_line() -> None:
    assert printed([]) == "Quality: nothing found.\n"


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in printed(FOUND)
    assert "\x1b[1;31merror" in printed(FOUND, force_terminal=True, color_system="standard")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.158113, "0.158"),
        (23.0605, "23.1"),
        (627.5, "628"),
        (12345.6, "12346"),
        (1.0, "1.00"),
        (-0.7, "-0.700"),
        (0.0, "0"),
        (3.2e-7, "3.2e-07"),
        (4.5e6, "4.5e+06"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    assert number(value) == text

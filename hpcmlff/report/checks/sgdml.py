"""Whether an sGDML model is on its labels' scale, solved, and inside its length scales."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind, records
from hpcmlff.report.findings import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

SAME = 1e-3
"""Relative difference up to which scales agree; rounding leaves 1e-15."""

LEFT = 1e-3
"""Part of the labels that a solution may leave: with forces of 25 kcal/mol/Å on the whole it
adds 0.025 to their training error."""

_SCALE = Kind(
    severity="error",
    code="sgdml-scale",
    advice="Forces and energies come out on another scale than they went in: do not use the model",
)
_RESIDUAL = Kind(
    severity="warning",
    code="sgdml-not-solved",
    advice="Raise 'lam', or use solver: analytic, or a smaller 'tolerance'",
)
_EDGE = Kind(
    severity="warning",
    code="sigma-at-the-edge",
    advice="Try length scales beyond it: another list for 'sigma', or auto",
)


def check(given: Examined) -> Iterator[Finding]:
    """Look at what sGDML models say of themselves."""
    done = given.done
    for one in records(done[done["model"] == "sgdml"]):
        scale, expected = one["scale"], one["scale_expected"]
        if expected > 0 and not math.isclose(scale, expected, rel_tol=SAME):
            text = f"the model's scale is {number(scale)}, its labels' spread {number(expected)}"
            yield _SCALE.of([one], text, scale=scale, expected=expected)
        if one["residual"] > max(LEFT, one["tolerance"] if one["tolerance"] > 0 else 0.0):
            text = f"the solution leaves {number(one['residual'])} of the labels"
            yield _RESIDUAL.of([one], text, residual=one["residual"])
    yield from _edges(done[done["sigma_low"] > 0])


def _edges(cells: pd.DataFrame) -> Iterator[Finding]:
    at_low = (cells["sigma_best"] == cells["sigma_low"]) & (cells["sigma_low"] > 1)
    at_high = cells["sigma_best"] == cells["sigma_high"]
    for one in records(cells[at_low | at_high]):
        low, high, best = (int(one[f"sigma_{name}"]) for name in ("low", "high", "best"))
        text = f"of length scales from {low} to {high} the {'first' if best == low else 'last'}"
        yield _EDGE.of([one], f"{text} is the best", sigma_best=best)

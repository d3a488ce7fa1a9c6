"""Whether the mean signed error of the energies is near zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind
from hpcmlff.report.findings import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

SHARE = 0.5
"""Part of the errors' scatter from which an offset matters: it raises the RMSE by 12 %. sGDML
and SchNet on glycine gave 0.15 and 0.12 at most."""

CERTAIN = 4.0
"""Standard errors from which an offset is no chance."""

LEARNT = 0.5
"""Correlation from which a model says something of the energies; one that predicts their mean
has the training set's offset."""

_OFFSET = Kind(
    severity="warning",
    code="energy-offset",
    advice="Energies may be from another zero: look at the model's constant and at the frames the"
    " training energies come from; differences of energies are not touched",
)


def check(given: Examined) -> Iterator[Finding]:
    """Compare the mean error with the errors' scatter."""
    for one in given.records():
        bias, scatter = one["energy_bias_kcal_mol"], one["energy_scatter_kcal_mol"]
        certain = abs(bias) * math.sqrt(max(one["n_compared"], 0)) > CERTAIN * scatter
        if certain and abs(bias) > SHARE * scatter and one["energy_correlation"] > LEARNT:
            text = f"test energies are off by {number(bias)} kcal/mol on the mean, beside a"
            text += f" scatter of {number(scatter)}"
            yield _OFFSET.of([one], text, bias_kcal_mol=bias, scatter_kcal_mol=scatter)

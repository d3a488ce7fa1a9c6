"""Whether predictions are in the reference's units, and errors those of the predictions."""

from __future__ import annotations

import math
from itertools import permutations
from typing import TYPE_CHECKING, Any

from hpcmlff.metrics import METRICS
from hpcmlff.report.checks.examined import Kind
from hpcmlff.report.findings import number
from hpcmlff.report.labels import LABELS
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

ALIKE = 0.9
"""Correlation with the reference from which a prediction's scale means something."""

OFF = 1.25
"""Factor by which a good prediction's spread may seem wrong; sGDML and SchNet on glycine
gave 0.96 to 1.02 wherever their energies were alike."""

_ROUNDING = 1e-6

_UNITS = Kind(
    severity="error",
    code="units",
    advice="Check the units that the model predicts in, and 'units' of the molecule in the grid",
)
_SCORES = Kind(
    severity="error",
    code="scores-differ",
    advice="Trust the errors recomputed here; whoever wrote the checkpoint scored otherwise",
)


def check(given: Examined) -> Iterator[Finding]:
    """Compare scales, and recompute every error."""
    for one in given.records():
        for what in ("energy", "force"):
            factor = one[f"{what}_ratio"]
            if one[f"{what}_correlation"] >= ALIKE and not 1 / OFF < factor < OFF:
                text = f"the reference varies {number(factor)} times as much as the predicted"
                text += f" {_PLURAL[what]}{_mistake(factor)}"
                yield _UNITS.of([one], text, ratio=factor)
        yield from _scores(one)


def _scores(one: dict[str, Any]) -> Iterator[Finding]:
    for name in METRICS:
        stated, found = one[name], one[f"found_{name}"]
        if math.isfinite(found) and not math.isclose(stated, found, rel_tol=_ROUNDING):
            label = LABELS[name]
            text = f"{label.name} is stated as {number(stated)} {label.unit}, and is"
            text += f" {number(found)} by the predictions"
            yield _SCORES.of([one], text, stated=stated, recomputed=found)


_PLURAL = {"energy": "energies", "force": "forces"}


def _mistake(factor: float) -> str:
    """Name the units whose ratio is nearest, if it is within 10 %."""
    bohr = LENGTH_ANGSTROM["bohr"]
    pairs = permutations(ENERGY_KCAL_MOL, 2)
    known = {f"{a} and {b}": ENERGY_KCAL_MOL[a] / ENERGY_KCAL_MOL[b] for a, b in pairs}
    known |= {"1/bohr and 1/Å": 1 / bohr, "1/Å and 1/bohr": bohr}
    name, ratio = min(known.items(), key=lambda item: abs(math.log(factor / item[1])))
    near = abs(math.log(factor / ratio)) < math.log(1.1)
    return f", as between {name} ({number(ratio)})" if near else ""

"""Whether a training ended because it was done, or because its steps were over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.report.checks.examined import Kind, records
from hpcmlff.report.findings import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding

FALL = 0.05
"""Part of its loss that a training may still lose in the last tenth of its steps."""

SHORT = 0.5
"""Part of the steps that a model takes by itself, below which fewer ones are too few."""

_FALLING = Kind(
    severity="warning",
    code="loss-still-falling",
    advice="Train longer: raise 'steps', or set it to auto",
)
_BUDGET = Kind(
    severity="warning",
    code="stopped-by-budget",
    advice="Its best validation is its last: set 'steps' to auto, or raise it",
)


def check(given: Examined) -> Iterator[Finding]:
    """Look at validations that were best at the very end."""
    done = given.done
    known = done[(done["n_validations"] > 0) & (done["best_step"] == done["steps"])]
    for one in records(known):
        fall = 1 - one["loss_best"] / one["loss_before_end"] if one["loss_before_end"] > 0 else 0
        if fall > FALL:
            text = f"the validation loss fell by {fall:.0%} in the last tenth of {one['steps']:.0f}"
            text += f" steps, to {number(one['loss_best'])}"
            yield _FALLING.of([one], text, fall=fall, loss=one["loss_best"])
    short = known[known["steps"] < SHORT * known["full_steps"]]
    for _, cells in short.groupby(["molecule", "series", "steps", "full_steps"], sort=False):
        steps, full = float(cells["steps"].iloc[0]), float(cells["full_steps"].iloc[0])
        text = f"trained for {steps:.0f} steps, where the model would take {full:.0f} by itself;"
        text += " the last validation is the best"
        yield _BUDGET.of(cells, text, steps=steps, full_steps=full)

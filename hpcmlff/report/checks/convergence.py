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
        if 0 < one["steps"] < SHORT * one["full_steps"]:
            text = f"trained for {one['steps']:.0f} steps, where the model would take"
            text += f" {one['full_steps']:.0f} by itself; the last validation is the best"
            yield _BUDGET.of([one], text, steps=one["steps"], full_steps=one["full_steps"])

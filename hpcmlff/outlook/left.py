"""What is left of a training that was begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.needs import Need


def left_s(standing: Standing, need: Need) -> float:
    """Return the time that a cell is expected to take from now on, s.

    It goes on from its newest checkpoint, which lies a little before its newest report; all
    steps are taken to be equally long.
    """
    step, steps = (standing.progress.get(name) for name in ("step", "steps"))
    if not step or not steps:
        return need.wall_s
    return need.wall_s * max(0.0, 1.0 - float(step) / float(steps))

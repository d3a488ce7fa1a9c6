"""A training's validations as arrays that people read in its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff.models.protocol import KeepsCurve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Trainer


def curve(trainer: Trainer[Any], state: Any) -> dict[str, NDArray[Any]]:
    """Return ``curve/step`` and ``curve/loss``; nothing if the trainer keeps no curve.

    Parameters
    ----------
    trainer, state
        The trainer, and where its training is.
    """
    if not isinstance(trainer, KeepsCurve):
        return {}
    found = trainer.curve(state)
    return {"curve/step": found.steps, "curve/loss": found.losses}

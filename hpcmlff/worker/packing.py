"""Names of a trainer's arrays in checkpoints: those of its state, and those of its model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Arrays

STATE, MODEL = "state.", "model."
"""What the names begin with while a cell is in training, and once it is done."""


def packed(arrays: Arrays, prefix: str) -> Arrays:
    """Return arrays with a prefix to their names."""
    return {prefix + name: array for name, array in arrays.items()}


def unpacked(arrays: Arrays, prefix: str) -> Arrays:
    """Return the arrays whose names have a prefix, without it."""
    own = (name for name in arrays if name.startswith(prefix))
    return {name.removeprefix(prefix): arrays[name] for name in own}

"""Limits and ticks of logarithmic axes, as plain numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST = 3
_LADDERS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7))
_STEPS = (1, 2, 2.5, 5, 10)


def plain(value: float) -> str:
    """Return a tick's label: ``0.05``, ``2``, ``1000``; ``1e+06`` only where it is shorter."""
    return f"{value:.0f}" if value >= 100 and value < 1e6 else f"{value:.4g}"


def log_limits(values: Sequence[float], headroom: float = 0.0) -> tuple[float, float]:
    """Return limits around positive values with a margin on both sides.

    Parameters
    ----------
    values
        At least one positive number.
    headroom
        Share of the axis, from 0 to below 1, to keep free at the top.
    """
    low, high = math.log10(min(values)), math.log10(max(values))
    # Half a factor of two on each side of a single value shows where it lies.
    span = max(high - low, math.log10(2.0))
    middle = (low + high) / 2
    bottom = middle - span / 2 - 0.08 * span
    top = middle + span / 2 + 0.08 * span
    return 10**bottom, 10 ** (bottom + (top - bottom) / (1 - headroom))


def value_ticks(low: float, high: float) -> list[float]:
    """Return at least three round numbers between two positive limits.

    Whole powers of ten if there are enough, else finer ladders, else even steps.
    """
    for ladder in _LADDERS:
        found = _ladder_ticks(ladder, low, high)
        if len(found) >= _FEWEST:
            # More than eight labels crowd the axis: every second power is enough then.
            return found[:: math.ceil(len(found) / 8)]
    return _even_ticks(low, high)


def size_ticks(sizes: Sequence[int], low: float, high: float) -> list[int]:
    """Choose the sizes whose labels fit side by side on a logarithmic axis.

    Parameters
    ----------
    sizes
        Numbers of training frames, increasing.
    low, high
        The axis' limits.

    Returns
    -------
    list of int
        The largest size, and going down every one whose label is free of the last.
    """
    chosen = [sizes[-1]]
    for size in reversed(sizes[:-1]):
        distance = math.log(chosen[-1] / size) / math.log(high / low)
        # A digit takes about 2.4 % of a panel's width.
        if distance >= 0.012 * (len(str(size)) + len(str(chosen[-1]))) + 0.02:
            chosen.append(size)
    return chosen[::-1]


def _ladder_ticks(ladder: Sequence[float], low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [float(f"{step}e{power}") for power in powers for step in ladder]
    return [value for value in values if low <= value <= high]


def _even_ticks(low: float, high: float) -> list[float]:
    power = math.floor(math.log10(high - low)) - 1
    steps = [float(f"{step}e{p}") for p in (power, power + 1) for step in _STEPS]
    # The largest step is longer than the whole axis, so one always fits.
    step = next(s for s in steps if math.floor(high / s) - math.ceil(low / s) < 6)
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [float(f"{number * step:.12g}") for number in numbers]

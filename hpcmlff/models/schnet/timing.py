"""How long a step takes on this machine."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WARM_UP = 5
"""First steps of a process, in which torch still sets itself up."""
_LEAST = 50
"""Fewer steps than these say nothing."""


class StepTimer:
    """Adds up the time of a process's steps, the first ones left out."""

    def __init__(self) -> None:
        self._seen = 0
        self._total_s = 0.0

    @contextmanager
    def step(self) -> Iterator[None]:
        """Time one step, its validation included."""
        began = time.perf_counter()
        yield
        self._seen += 1
        if self._seen > _WARM_UP:
            self._total_s += time.perf_counter() - began

    @property
    def mean_s(self) -> float | None:
        """Seconds per step; None after too few of them."""
        steps = self._seen - _WARM_UP
        return self._total_s / steps if steps >= _LEAST else None

"""How the SchNet benchmark takes times in the process of a side."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from hpcmlff.worker.age import process_age_s

STEPS = ("first_step", "second_step")
"""Stages that are steps."""


def now() -> tuple[float, float]:
    """Return wall time and the CPU time of this process and its ended children, s."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time() + ended.ru_utime + ended.ru_stime


class Stages:
    """Ends of the stages of a start."""

    def __init__(self) -> None:
        self._ages_s: dict[str, float] = {}
        self._cpu_s = 0.0

    def end(self, name: str) -> None:
        """Note that a stage has ended now."""
        self._ages_s[name] = process_age_s()
        if name == STEPS[0]:
            self._cpu_s = now()[1]

    def end_step(self) -> None:
        """Note the same of a step, if it is one of the first two."""
        for name in STEPS:
            if name not in self._ages_s:
                self.end(name)
                return

    def told(self) -> dict[str, float]:
        """Return how long each stage lasted and all up to the end of the first step, s."""
        ends = [0.0, *self._ages_s.values()]
        lasted = (end - begin for begin, end in pairwise(ends))
        stages = dict(zip(self._ages_s, lasted, strict=True))
        return {**stages, "to_first_step": self._ages_s[STEPS[0]], "to_it_in_cpu": self._cpu_s}


def per_step(passes: list[tuple[float, float]], steps: int) -> dict[str, float]:
    """Return the median times of a step in passes of so many, wall and CPU, s."""
    wall_s, cpu_s = (median(times) / steps for times in zip(*passes, strict=True))
    return {"step_s": wall_s, "step_cpu_s": cpu_s}


def lengths(times: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return what passed between successive times of `now`, s."""
    return [(end[0] - begin[0], end[1] - begin[1]) for begin, end in pairwise(times)]


def repeated(function: Callable[[], object], times: int) -> None:
    """Call so many times."""
    for _ in range(times):
        function()

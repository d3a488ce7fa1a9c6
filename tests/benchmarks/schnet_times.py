"""How the SchNet benchmark takes times in the process of a side."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from hpcmlff.worker.age import process_age_s


class Stages:
    """Ends of the stages of a start, as ages of this process."""

    def __init__(self) -> None:
        self.ends_s: dict[str, float] = {}
        """By name, in their order."""

    def end(self, name: str) -> None:
        """Note that a stage has ended now."""
        self.ends_s[name] = process_age_s()

    def durations_s(self) -> dict[str, float]:
        """Return how long each stage lasted; the first one since the process began."""
        ends = [0.0, *self.ends_s.values()]
        lengths = (end - begin for begin, end in pairwise(ends))
        return dict(zip(self.ends_s, lengths, strict=True))


def now() -> tuple[float, float]:
    """Return wall time and the CPU time of this process and its ended children, s."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter(), time.process_time() + ended.ru_utime + ended.ru_stime


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

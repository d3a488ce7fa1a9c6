"""What every benchmark ends with: its figures for people, and one line of JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure that was measured."""

    name: str
    """What was measured; ends in its unit."""
    value: float
    """The figure."""
    goal: float | None = None
    """The most it may be; None if it is only told."""

    @property
    def met(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return self.goal is None or self.value <= self.goal


def say(text: str) -> None:
    """Print a line for people on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def tell(benchmark: str, figures: Sequence[Figure]) -> int:
    """Print all figures, the last line as JSON; return 0 if every goal is met, else 1."""
    for figure in figures:
        goal = "" if figure.goal is None else f"  (goal: at most {figure.goal:g})"
        sys.stdout.write(f"{figure.name:42} {figure.value:10.4g}{goal}\n")
    results = [
        {"name": one.name, "value": round(one.value, 4), "goal": one.goal, "met": one.met}
        for one in figures
    ]
    sys.stdout.write(json.dumps({"benchmark": benchmark, "results": results}) + "\n")
    return 0 if all(figure.met for figure in figures) else 1

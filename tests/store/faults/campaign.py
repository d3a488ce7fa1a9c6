"""What a fault campaign is given and what it answers."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What to do."""

    rounds: int
    """How often the fault is brought about."""
    seed: int
    """From which all that is random follows, apart from the machine's own timing."""
    folder: Path
    """An empty folder on the disk to try."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it."""

    rounds: int
    """Rounds that were done."""
    violations: list[str] = field(default_factory=list)
    """What must not happen and did, each with the round it happened in."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What else was counted."""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One row of the table of faults."""

    name: str
    """Short name, for the command line."""
    fault: str
    """What is done."""
    promise: str
    """What must hold."""
    run: Callable[[Orders], Outcome]
    """Does it."""
    short: int
    """Rounds in every run of the tests."""
    long: int
    """Rounds in a long run."""


def drawing(seed: int) -> random.Random:
    """Return a source of random choices that can be repeated."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def shown(text: str) -> None:
    """Print a line for people, at once."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()

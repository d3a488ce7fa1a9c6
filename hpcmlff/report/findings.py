"""What quality checks report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
"""An error makes a result meaningless; a note is for information."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong, or may be, with some cells."""

    severity: Severity
    """How bad it is."""
    code: str
    """Short name of what was found, such as ``energy-offset``."""
    where: str
    """The cells in short, such as ``sgdml glycine 200 (seed 3)``."""
    text: str
    """What was found, in one sentence with its numbers."""
    advice: str
    """What to do."""
    cells: tuple[str, ...] = ()
    """Ids of the cells, every one of them."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """The numbers it rests on, by name with unit."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"cells": list(self.cells), "numbers": dict(self.numbers)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Findings of one code."""

    severity: Severity
    """How bad they are."""
    code: str
    """Their name."""
    advice: str
    """What to do."""
    findings: tuple[Finding, ...]
    """All of them."""


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Return findings by severity and code, the worst first; none is left out."""
    kinds: dict[tuple[Severity, str, str], list[Finding]] = {}
    for one in sorted_findings(findings):
        kinds.setdefault((one.severity, one.code, one.advice), []).append(one)
    return [
        Group(severity=severity, code=code, advice=advice, findings=tuple(found))
        for (severity, code, advice), found in kinds.items()
    ]


def codes_of_cells(findings: Iterable[Finding]) -> dict[str, str]:
    """Return, by cell id, the codes of the errors and warnings about it, space-separated."""
    found: dict[str, list[str]] = {}
    for one in findings:
        for cell in one.cells if one.severity != "note" else ():
            found.setdefault(cell, []).append(one.code)
    return {cell: " ".join(dict.fromkeys(codes)) for cell, codes in found.items()}


def sorted_findings(found: Iterable[Finding]) -> list[Finding]:
    """Return the worst first, equal codes together, else in the order they came."""
    listed = list(found)
    first = {code: number for number, code in enumerate(dict.fromkeys(f.code for f in listed))}
    return sorted(listed, key=lambda one: (SEVERITIES.index(one.severity), first[one.code]))


def tally(findings: Sequence[Finding]) -> str:
    """Return ``2 errors, 1 warning``, or ``nothing found``."""
    counts = {one: sum(f.severity == one for f in findings) for one in SEVERITIES}
    words = [f"{n} {one}{'s' if n > 1 else ''}" for one, n in counts.items() if n]
    return ", ".join(words) or "nothing found"


def number(value: float) -> str:
    """Return a number with three digits, without an exponent where it is readable."""
    if not math.isfinite(value) or value == 0 or not 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"

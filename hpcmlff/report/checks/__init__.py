"""Quality checks: each looks at all cells and names what it finds; nothing is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.report.checks import (
    convergence,
    energies,
    frames,
    gaps,
    monotony,
    offsets,
    seeds,
    sets,
    sgdml,
    units,
)
from hpcmlff.report.findings import Finding, sorted_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hpcmlff.report.checks.examined import Examined

CHECKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    sets.check,
    units.check,
    offsets.check,
    energies.check,
    sgdml.check,
    convergence.check,
    monotony.check,
    seeds.check,
    gaps.check,
    frames.check,
)
"""All checks, in the order in which equally bad findings are told."""


def run_checks(given: Examined) -> list[Finding]:
    """Return all that the checks find, the worst first."""
    return sorted_findings(found for check in CHECKS for found in check(given))

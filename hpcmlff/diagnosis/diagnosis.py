"""A diagnosis: why an attempt ended, what says so, what follows, and what to do; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hpcmlff.diagnosis.advice import advice
from hpcmlff.diagnosis.evidence import evidence
from hpcmlff.diagnosis.facts import Facts
from hpcmlff.diagnosis.following import Following
from hpcmlff.spec.causes import Cause, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """Why one attempt of a cell ended."""

    attempt: int
    """Number of the attempt; 0 for a job that ended before it began the cell."""
    cause: Cause
    """Why it ended."""
    evidence: tuple[str, ...]
    """What says so, the strongest first."""
    rule: Rule
    """What follows, unless it is done."""
    mem_gb: float | None
    """Memory of the next job, GiB, where it is more than this one had."""
    advice: str
    """What will be done, or what to do, in a sentence or two."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "attempt": self.attempt,
            "cause": self.cause.value,
            "evidence": list(self.evidence),
            "rule": self.rule.value,
            "mem_gb": self.mem_gb,
            "advice": self.advice,
        }


def judged(
    facts: Facts, cause: Cause, follows: Following, because: tuple[str, ...] = ()
) -> Diagnosis:
    """Return the diagnosis of an attempt whose cause and consequence are settled.

    Parameters
    ----------
    facts, cause, follows
        What is known, why it ended, and what follows.
    because
        Further evidence.
    """
    return Diagnosis(
        attempt=facts.attempt,
        cause=cause,
        evidence=(*evidence(facts), *because),
        rule=follows.rule,
        mem_gb=follows.mem_gb,
        advice=advice(cause, follows, facts),
    )

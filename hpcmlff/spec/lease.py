"""One lease: cells that went from one site to another, with their checkpoints; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcmlff.spec.canonical import digest

LEASE_FORMAT = 1
"""Raised when the meaning of a lease changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """The checkpoint that a cell is given away with."""

    step: int
    """Its steps."""
    sha256: str
    """Digest of its content; copies of it have the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Term:
    """What a lease says of one cell."""

    generation: int
    """Counted from 1; the highest of a cell counts."""
    given: Given | None = None
    """Its newest checkpoint where it was; None before the first one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Cells that went from one site to another."""

    by: str
    """Site that made it."""
    to: str
    """Site that has the cells by it."""
    home: str
    """Site that has all cells of which no lease speaks: the one that made the first."""
    cells: Mapping[str, Term]
    """Id of each cell to what is said of it."""
    forced: bool = False
    """Made without the site that had the cells."""
    made: str = ""
    """When, for people; no clock orders anything."""
    digest: str = field(init=False)
    """SHA-256 of all of the above: its name."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest(self.as_json()))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "format": LEASE_FORMAT,
            "by": self.by,
            "to": self.to,
            "home": self.home,
            "forced": self.forced,
            "made": self.made,
            "cells": {cell: _term_as_json(term) for cell, term in self.cells.items()},
        }


def lease_from(facts: Any) -> Lease:
    """Rebuild a lease from what `Lease.as_json` returned.

    Raises
    ------
    ValueError
        It is none, or of a newer format.
    """
    if not isinstance(facts, dict) or facts.get("format") != LEASE_FORMAT:
        raise ValueError("is no lease of a format that is known here")
    if not all(isinstance(facts.get(key), str) for key in ("by", "to", "home", "made")):
        raise ValueError("does not say from which site to which")
    if not isinstance(facts.get("cells"), dict) or not isinstance(facts.get("forced"), bool):
        raise ValueError("does not say of which cells")
    terms = {cell: _term_from(term) for cell, term in facts["cells"].items()}
    named = {key: facts[key] for key in ("by", "to", "home", "made", "forced")}
    return Lease(cells=terms, **named)


def _term_as_json(term: Term) -> dict[str, Any]:
    given = term.given
    checkpoint = {"step": given.step, "sha256": given.sha256} if given else {}
    return {"generation": term.generation, **checkpoint}


def _term_from(facts: Any) -> Term:
    generation = facts.get("generation") if isinstance(facts, dict) else None
    if not isinstance(generation, int) or generation < 1:
        raise ValueError("does not say which generation of a cell it is")
    if "sha256" not in facts:
        return Term(generation=generation)
    if not isinstance(facts["sha256"], str) or not isinstance(facts.get("step"), int):
        raise ValueError("does not say which checkpoint a cell came with")
    return Term(generation=generation, given=Given(step=facts["step"], sha256=facts["sha256"]))

"""What a merge will do; values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hpcmlff.spec.lease import Lease
from hpcmlff.store.findings import Finding
from hpcmlff.store.frozen import FrozenGrid

GridChoice = Literal["same", "ours", "theirs"]
"""Whose grid is in force afterwards; ``ours`` although theirs is another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bring:
    """A cell that is further in the other store."""

    label: str
    """The cell."""
    identity: dict[str, Any]
    """What it is, with its id."""
    path: Path
    """The checkpoint to bring in."""
    final: bool
    """It is the cell's result."""
    step: int
    """Its steps."""
    ours: str
    """What this store has of the cell: ``nothing``, ``nothing that verifies``, ``step 7``."""

    @property
    def stands(self) -> str:
        """How far it is."""
        return "done" if self.final else f"step {self.step}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Twice:
    """A cell that was trained to its end in both stores, or by two sites by its leases."""

    label: str
    """The cell."""
    what: str
    """What happened, and what is kept, in words."""


@dataclass(kw_only=True, slots=True)
class Plan:
    """What a merge will do."""

    grid: GridChoice = "same"
    """Whose grid will be in force."""
    revision: FrozenGrid | None = None
    """The other store's grid, if it is taken over."""
    frames: dict[str, Path] = field(default_factory=dict)
    """Datasets to copy, by molecule."""
    leases: list[Lease] = field(default_factory=list)
    """Leases that this store does not know."""
    twice: list[Twice] = field(default_factory=list)
    """Cells that two have trained, or may be training."""
    bring: list[Bring] = field(default_factory=list)
    """Cells to bring in."""
    n_kept: int = 0
    """Cells of the other store that are as far here, or further."""
    findings: list[Finding] = field(default_factory=list)
    """What cannot be used of the other store."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "grid": self.grid,
            "frames": sorted(self.frames),
            "cells": [
                {"label": one.label, "ours": one.ours, "theirs": one.stands} for one in self.bring
            ],
            "kept": self.n_kept,
            "leases": len(self.leases),
            "twice": [{"label": one.label, "what": one.what} for one in self.twice],
            "skipped": [{"path": str(one.path), "what": one.what} for one in self.findings],
        }

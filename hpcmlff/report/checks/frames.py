"""What is strange about the molecules' frames themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from hpcmlff.report.checks.examined import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcmlff.report.checks.examined import Examined
    from hpcmlff.report.findings import Finding, Severity

_TRAJECTORY = "trajectory"

_FRAMES = Kind(
    severity="warning",
    code="frames",
    advice="All results of the molecule rest on it: python -m hpcmlff.data inspect tells more",
)
_NEIGHBOURS = Kind(
    severity="note",
    code="frames-trajectory",
    advice="Say so beside the errors: test frames may have training frames as near neighbours, and"
    " errors on other trajectories are larger; split: {kind: blocks} keeps them apart",
)


def check(given: Examined) -> Iterator[Finding]:
    """Tell what the checks of `python -m hpcmlff.data inspect` find in the store's frames."""
    for molecule, found in given.frames.items():
        cells = given.cells[given.cells["molecule"] == molecule]
        for one in found:
            if one["severity"] != "note":
                severity = cast("Severity", one["severity"])
                kind = replace(_FRAMES, severity=severity, code=f"frames-{one['code']}")
                yield replace(kind.of(cells, one["text"]), where=molecule)
            elif one["code"] == _TRAJECTORY and given.split.get("kind") == "random":
                text = "frames follow each other as in a trajectory and are dealt out singly"
                yield replace(_NEIGHBOURS.of(cells, text), where=molecule)

"""Which cell a simulation is of, and which simulations are shown in figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Key = Callable[[Mapping[str, Any]], tuple[str, ...]]
"""What tells simulations apart that stand beside each other in figures."""


def place(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``model molecule size seed`` of a simulation's cell, from its label."""
    model, molecule, size, seed = str(summary["label"]).split("/")
    return {
        "model": model,
        "molecule": molecule,
        "size": int(size[1:]),
        "seed": int(seed[1:].partition("-")[0]),
    }


def short_label(row: Mapping[Any, Any]) -> str:
    """Return a cell's label without its id, from `place`."""
    return f"{row['model']}/{row['molecule']}/n{row['size']:.0f}/s{row['seed']:.0f}"


def with_most_frames(summaries: Iterable[Mapping[str, Any]], key: Key) -> list[Mapping[str, Any]]:
    """Return, of simulations with an equal key, the one of the cell with most training frames.

    Of equal ones the lowest seed is taken, then the first.
    """
    found: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for summary in summaries:
        if key(summary) not in found or _rank(summary) > _rank(found[key(summary)]):
            found[key(summary)] = summary
    return [found[one] for one in sorted(found)]


def _rank(summary: Mapping[str, Any]) -> tuple[int, int]:
    where = place(summary)
    return where["size"], -where["seed"]

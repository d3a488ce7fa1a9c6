"""What a cell may use of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from hpcmlff.spec.conditions import matches
from hpcmlff.spec.strict import Seconds, Strict


class Resources(Strict):
    """The share of a node that one cell gets."""

    cpus: int = Field(default=1, ge=1)
    """Cores, and threads of the numerical libraries."""
    gpus: int = Field(default=0, ge=0)
    """GPUs."""
    mem_gb: float = Field(default=4.0, gt=0)
    """Memory in GiB."""
    walltime: Seconds | None = None
    """Longest run of one job, the partition's if not said; a longer training goes on in
    the next job."""


class ResourceRule(Strict):
    """Resources of the cells that a condition selects; later rules win."""

    when: dict[str, Any] = Field(default_factory=dict)
    """Axis name to value, list or comparison; empty selects every cell."""
    cpus: int | None = Field(default=None, ge=1)
    """Cores."""
    gpus: int | None = Field(default=None, ge=0)
    """GPUs."""
    mem_gb: float | None = Field(default=None, gt=0)
    """Memory in GiB."""
    walltime: Seconds | None = None
    """Longest run of one job."""


def resources_of(point: Mapping[str, Any], rules: Sequence[ResourceRule]) -> Resources:
    """Apply the rules to one point of the grid, in order.

    Parameters
    ----------
    point
        Axis names and values, such as ``{"model": "sgdml", "size": 600}``.
    rules
        The grid's ``resources``.
    """
    chosen: dict[str, Any] = {}
    for rule in rules:
        if matches(rule.when, point):
            fields = {name: getattr(rule, name) for name in Resources.model_fields}
            chosen |= {name: value for name, value in fields.items() if value is not None}
    return Resources.model_construct(**chosen)

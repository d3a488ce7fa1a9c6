"""What a cell asks of a node, and what it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from hpcmlff.spec.conditions import matches
from hpcmlff.spec.strict import GibOrAuto, Seconds, SecondsOrAuto, Strict


class Cores(Strict):
    """What is always said in whole numbers."""

    cpus: int = Field(default=1, ge=1)
    """Cores, and threads of the numerical libraries."""
    gpus: int = Field(default=0, ge=0)
    """GPUs."""
    cells_per_job: int | None = Field(default=None, ge=1)
    """Cells side by side in one job of a cluster, the partition's if not said."""


class Resources(Cores):
    """The share of a node that one cell gets; cells of one job share its GPUs."""

    mem_gb: float = Field(default=4.0, gt=0)
    """Memory in GiB."""
    walltime: Seconds | None = None
    """Longest run of one job, the partition's if not said; a longer training goes on in
    the next job."""


class Asked(Cores):
    """What the grid says of a cell; `auto` is settled whenever jobs are planned."""

    mem_gb: GibOrAuto = 4.0
    """Memory in GiB; ``auto`` takes what the trainer is comfortable with."""
    walltime: SecondsOrAuto | None = None
    """Longest run of one job, the partition's if not said; ``auto`` takes what the
    trainer is expected to need, and more."""

    @property
    def stated_gb(self) -> float | None:
        """Memory in GiB, or None if it is ``auto``."""
        return None if isinstance(self.mem_gb, str) else self.mem_gb

    @property
    def stated_walltime_s(self) -> int | None:
        """Longest run of one job, or None if it is ``auto`` or the partition's."""
        return None if isinstance(self.walltime, str) else self.walltime

    def with_memory(self, mem_gb: float) -> Asked:
        """Return it with other memory, GiB."""
        return self.model_copy(update={"mem_gb": mem_gb})

    def granted(self, mem_gb: float, walltime_s: int | None) -> Resources:
        """Return it with numbers for memory, GiB, and walltime."""
        same = {name: getattr(self, name) for name in Cores.model_fields}
        return Resources.model_construct(**same, mem_gb=mem_gb, walltime=walltime_s)


class ResourceRule(Strict):
    """Resources of the cells that a condition selects; later rules win."""

    when: dict[str, Any] = Field(default_factory=dict)
    """Axis name to value, list or comparison; empty selects every cell."""
    cpus: int | None = Field(default=None, ge=1)
    """Cores."""
    gpus: int | None = Field(default=None, ge=0)
    """GPUs."""
    mem_gb: GibOrAuto | None = None
    """Memory in GiB, or ``auto``."""
    walltime: SecondsOrAuto | None = None
    """Longest run of one job, or ``auto``."""
    cells_per_job: int | None = Field(default=None, ge=1)
    """Cells side by side in one job of a cluster."""


def resources_of(point: Mapping[str, Any], rules: Sequence[ResourceRule]) -> Asked:
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
            fields = {name: getattr(rule, name) for name in Asked.model_fields}
            chosen |= {name: value for name, value in fields.items() if value is not None}
    return Asked.model_construct(**chosen)

"""What a local job may use of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import GridError

if TYPE_CHECKING:
    from hpcmlff.spec.profile import LocalProfile
    from hpcmlff.spec.resources import Resources

_MEMORY_SHARE = 0.9
"""The rest is for the system and other people."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """Cores, GPUs and memory of one job."""

    cpus: int
    """Cores."""
    gpus: int
    """GPUs."""
    mem_gb: float
    """Memory in GiB."""
    cells: int
    """Cells side by side."""

    def fits(self, wanted: Resources) -> bool:
        """Tell whether a cell fits into what is here."""
        return (
            wanted.cpus <= self.cpus
            and wanted.gpus <= self.gpus
            and wanted.mem_gb <= self.mem_gb
            and self.cells > 0
        )

    def less(self, wanted: Resources) -> Capacity:
        """Return what is left beside a running cell."""
        return Capacity(
            cpus=self.cpus - wanted.cpus,
            gpus=self.gpus - wanted.gpus,
            mem_gb=self.mem_gb - wanted.mem_gb,
            cells=self.cells - 1,
        )


def capacity_of(profile: LocalProfile) -> Capacity:
    """Return what a job of this profile may use on this machine."""
    cpus = len(os.sched_getaffinity(0)) if profile.cpus == "auto" else profile.cpus
    return Capacity(
        cpus=cpus,
        gpus=profile.gpus,
        mem_gb=_machine_gb() * _MEMORY_SHARE if profile.mem_gb == "auto" else profile.mem_gb,
        cells=cpus if profile.max_parallel == "auto" else profile.max_parallel,
    )


def check_fits(capacity: Capacity, wanted: Resources, label: str, profile: str) -> None:
    """Refuse a cell that no job of the profile can hold.

    Raises
    ------
    GridError
        Says what was asked and what there is.
    """
    if not capacity.fits(wanted):
        raise GridError(
            f"{label} asks for {wanted.cpus} cpus, {wanted.gpus} gpus, {wanted.mem_gb:g} GiB; "
            f"the profile {profile!r} offers {capacity.cpus} cpus, {capacity.gpus} gpus, "
            f"{capacity.mem_gb:.1f} GiB",
            key=("resources",),
            hint="Ask for less, or choose another profile",
        )


def _machine_gb() -> float:
    import psutil

    return float(psutil.virtual_memory().total) / 2**30

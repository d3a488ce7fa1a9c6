"""A profile without scheduler beside this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hpcmlff.errors import SchedulerError
from hpcmlff.executors.presence import scheduler_here
from hpcmlff.profiles.differences import Difference, error, note

if TYPE_CHECKING:
    from hpcmlff.spec.profile import LocalProfile


def compare_local(profile: LocalProfile) -> Iterator[Difference]:
    """Return what the profile and this machine differ in."""
    import psutil

    cpus = len(os.sched_getaffinity(0))
    if profile.cpus != "auto" and profile.cpus > cpus:
        yield error(
            ("cpus",),
            str(profile.cpus),
            f"{cpus} for us on this machine",
            "Lower it, or write auto",
        )
    mem_gb = psutil.virtual_memory().total / 2**30
    if profile.mem_gb != "auto" and profile.mem_gb > mem_gb:
        change = "Lower it, or write auto"
        yield error(("mem_gb",), f"{profile.mem_gb:g}", f"{mem_gb:.1f} on this machine", change)
    # NVIDIA's driver makes one such file for each GPU.
    gpus = len([*Path("/dev").glob("nvidia[0-9]*")])
    if profile.gpus > gpus:
        yield note(
            ("gpus",), str(profile.gpus), f"{gpus} of NVIDIA on this machine", f"Lower it to {gpus}"
        )
    yield from _scheduler()


def _scheduler() -> Iterator[Difference]:
    try:
        found = scheduler_here()
    except SchedulerError as silent:
        found = str(silent)
    if found:
        change = "On a login node let 'python -m hpcmlff.profiles detect' write a profile"
        yield note(("scheduler",), "local", f"this machine has a scheduler ({found})", change)

"""A cluster's description."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hpcmlff.spec.strict import Seconds, Strict


class Profile(Strict):
    """How jobs are run on one machine or cluster."""

    name: str
    """Its name, as given to ``--profile``."""
    description: str = ""
    """One line for people."""
    scheduler: Literal["local"]
    """What runs the jobs."""
    cpus: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Cores a job may use; ``auto`` takes those this process may run on."""
    gpus: int = Field(default=0, ge=0)
    """GPUs a job may use."""
    mem_gb: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    """Memory a job may use, GiB; ``auto`` takes nine tenths of the machine's."""
    max_parallel: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Cells side by side in one job; ``auto`` fills cores and memory."""
    walltime: Seconds = 30 * 24 * 3600
    """Longest run of one job."""
    grace: Seconds = 30
    """Time a cell gets between being asked to stop and being killed."""
    checkpoint_interval: Seconds = 300
    """Longest work a killed node can cost."""
    progress_interval: Seconds = 2
    """Time between two reports of a running cell."""
    poll_interval: Seconds = 2
    """Shortest time between two looks at the jobs from a login node."""

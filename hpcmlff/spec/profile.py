"""A cluster's description: what runs jobs there, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from hpcmlff.spec.strict import Seconds, Strict

Count = Annotated[int, Field(ge=1)]
"""A whole number from 1."""

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
"""A name that can stand in a command or a file name as it is."""


class Recognition(Strict):
    """How a machine is known to belong to a cluster; one match suffices."""

    environment: dict[str, str] = Field(default_factory=dict)
    """Variable to the pattern of its value, such as ``{SLURM_CLUSTER_NAME: vega*}``."""
    hosts: tuple[str, ...] = ()
    """Patterns of the host's name, such as ``login*.vega.example``."""


class Profile(Strict):
    """What every profile says."""

    name: Word
    """Its name, as given to ``--profile``."""
    description: str = ""
    """One line for people."""
    scheduler: str
    """What runs the jobs."""
    recognise: Recognition = Recognition()
    """How the cluster is known, so that ``--profile`` can be left out."""
    grace: Seconds = 30
    """Time a cell gets between being asked to stop and being killed."""
    checkpoint_interval: Seconds = 300
    """Longest work a killed node can cost."""
    progress_interval: Seconds = 2
    """Time between two reports of a running cell."""
    poll_interval: Seconds = 2
    """Shortest time between two looks at the jobs from a login node."""
    attempts_without_progress: Count = 5
    """A cell is given up after this many attempts in a row without a checkpoint."""


class LocalProfile(Profile):
    """A machine without a scheduler."""

    scheduler: Literal["local"]
    """Background processes of this machine."""
    cpus: Count | Literal["auto"] = "auto"
    """Cores a job may use; ``auto`` takes those this process may run on."""
    gpus: int = Field(default=0, ge=0)
    """GPUs a job may use."""
    mem_gb: Annotated[float, Field(gt=0)] | Literal["auto"] = "auto"
    """Memory a job may use, GiB; ``auto`` takes nine tenths of the machine's."""
    max_parallel: Count | Literal["auto"] = "auto"
    """Cells side by side in one job; ``auto`` fills cores and memory."""
    walltime: Seconds = 30 * 24 * 3600
    """Longest run of one job."""


class Partition(Strict):
    """A partition or queue, and the most that one job gets there on one node."""

    name: Word
    """Its name."""
    cpus: Count
    """Cores."""
    mem_gb: float = Field(gt=0)
    """Memory, GiB."""
    gpus: int = Field(default=0, ge=0)
    """GPUs."""
    gpu_kind: Word | None = None
    """Kind of the GPUs, if the scheduler wants it named, such as ``a100``."""
    walltime: Seconds
    """Longest run of one job."""
    account: Word | None = None
    """Account, if another than the profile's."""
    qos: Word | None = None
    """Quality of service, if another than the profile's."""


class ClusterProfile(Profile):
    """A cluster with a scheduler."""

    scheduler: Literal["slurm"]
    """What runs the jobs."""
    partitions: tuple[Partition, ...] = Field(min_length=1)
    """In the order of preference: a cell goes to the first one it fits."""
    account: Word | None = None
    """Account (project) that pays."""
    qos: Word | None = None
    """Quality of service."""
    array_cap: Count = 1000
    """Most elements of one job array."""
    running_cap: Count | None = None
    """Most elements of a submission that run at the same time."""
    requeue: Literal["scheduler", "chain", "manual"] = "scheduler"
    """What follows a job that ended before its cell was done: the same job again
    (``scheduler``), a dependent job submitted beforehand (``chain``), or nothing until
    somebody gives ``resume`` (``manual``)."""
    chain_length: Annotated[int, Field(ge=2)] = 3
    """Jobs submitted for each cell where ``requeue`` is ``chain``."""
    accounting: bool = True
    """Whether ``sacct`` can be asked why a job ended."""
    use_srun: bool = True
    """Whether the job's program is started by ``srun``."""
    setup: tuple[str, ...] = ()
    """Shell lines at the beginning of every job, such as ``module load Python/3.11``."""
    python: str | None = None
    """Interpreter on the nodes; the one that submits if left out."""
    scratch: str | None = None
    """Folder for temporary files on a node; may name variables, such as ``/scratch/$USER``."""
    options: dict[Word, str] = Field(default_factory=dict)
    """Further options of the submitting command, such as ``{constraint: zen3}``."""


PROFILE_KINDS: Mapping[str, type[Profile]] = {"local": LocalProfile, "slurm": ClusterProfile}
"""Scheduler to what its profiles say."""


def profile_from(facts: Mapping[str, Any]) -> Profile:
    """Rebuild a profile from the plain values it was dumped as."""
    return PROFILE_KINDS[facts["scheduler"]].model_validate(facts, strict=False)

"""A cluster's description: what runs jobs there, and within which limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from hpcmlff.spec.on_failure import OnFailure
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a profile was read from; profiles that say the same are equal all the same."""

    path: Path | None = field(compare=False)
    """The file; None if there is none."""


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
    on_failure: OnFailure = OnFailure()
    """What follows an attempt that ended too early, by its cause; the grid's rules win."""
    _origin: Origin = PrivateAttr(default=Origin(path=None))

    @property
    def source(self) -> Path | None:
        """The file it was read from, for messages; None if it was not."""
        return self._origin.path

    def read_from(self, path: Path) -> Self:
        """Remember the file it was read from; return itself."""
        self._origin = Origin(path=path)
        return self


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
    cells_per_job: Count = 1
    """Cells side by side on the same GPUs, unless the grid says it."""
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
    cells_per_job: Count = 1
    """Cells side by side in one job, unless the grid says it: each with cores and memory of
    its own, all on the same GPUs."""

    @field_validator("cells_per_job")
    @classmethod
    def _have_a_core_each(cls, value: int, info: ValidationInfo) -> int:
        cpus = info.data.get("cpus", value)
        if value > cpus:
            raise ValueError(f"cells of one job need a core each, and there are {cpus}")
        return value

    def for_each(self, cells_per_job: int | None) -> Partition:
        """Return what one cell can get here.

        Parameters
        ----------
        cells_per_job
            What the grid says; None leaves it to the partition.
        """
        cells = cells_per_job or self.cells_per_job
        # Whole MiB, as schedulers count: all shares together are not more than there is.
        mem_gb = math.floor(self.mem_gb * 1024 / cells) / 1024 if cells > 1 else self.mem_gb
        share = {"cpus": self.cpus // cells, "mem_gb": mem_gb, "cells_per_job": cells}
        return self.model_copy(update=share)


class ClusterProfile(Profile):
    """A cluster with a scheduler."""

    scheduler: Literal["slurm", "pbs"]
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


class PbsProfile(ClusterProfile):
    """A cluster with OpenPBS or PBS Professional."""

    scheduler: Literal["pbs"]
    """What runs the jobs."""
    requeue: Literal["scheduler", "chain", "manual"] = "manual"
    """As for `ClusterProfile`; since PBS lets nobody requeue a job of his own, ``scheduler``
    means that the job submits the next one, and needs `submit_from_jobs`."""
    project: Word | None = None
    """Project of the jobs (``-P``); `account` is the account string (``-A``)."""
    submit_from_jobs: bool = Field(default=False, validate_default=True)
    """Whether ``qsub`` works on nodes."""
    history: bool = False
    """Whether the server remembers finished jobs, so that it can be asked how they ended."""
    gpu_kind_resource: Word | None = Field(default=None, validate_default=True)
    """Resource that names the kind of a chunk's GPUs, such as ``gpu_model``; needed where a
    partition has a `gpu_kind`."""
    accounting: bool = False
    """Slurm's; `history` stands for it."""

    @field_validator("submit_from_jobs")
    @classmethod
    def _may_submit(cls, value: bool, info: ValidationInfo) -> bool:
        if info.data.get("requeue") == "scheduler" and not value:
            raise ValueError(
                "requeue: scheduler needs jobs that may submit the next one; write "
                "submit_from_jobs: true if qsub works on nodes, else requeue: chain or manual"
            )
        return value

    @field_validator("qos", "accounting", "use_srun")
    @classmethod
    def _is_no_option_of_pbs(cls, value: Any, info: ValidationInfo) -> Any:
        if value != cls.model_fields[str(info.field_name)].default:
            raise ValueError(f"{info.field_name} is a key of Slurm's profiles, PBS has none")
        return value

    @field_validator("partitions")
    @classmethod
    def _have_no_qos(cls, value: tuple[Partition, ...]) -> tuple[Partition, ...]:
        for one in value:
            if one.qos is not None:
                raise ValueError(f"the queue {one.name!r} has a qos, which PBS does not know")
        return value

    @field_validator("gpu_kind_resource")
    @classmethod
    def _names_kinds(cls, value: str | None, info: ValidationInfo) -> str | None:
        for one in info.data.get("partitions", ()):
            if one.gpu_kind is not None and value is None:
                raise ValueError(
                    f"the queue {one.name!r} has a gpu_kind; name the resource that asks for it, "
                    "such as gpu_model"
                )
        return value


PROFILE_KINDS: Mapping[str, type[Profile]] = {
    "local": LocalProfile,
    "slurm": ClusterProfile,
    "pbs": PbsProfile,
}
"""Scheduler to what its profiles say."""


def profile_from(facts: Mapping[str, Any]) -> Profile:
    """Rebuild a profile from the plain values it was dumped as."""
    return PROFILE_KINDS[facts["scheduler"]].model_validate(facts, strict=False)

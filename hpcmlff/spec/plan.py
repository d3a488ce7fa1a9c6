"""From cells that need a job to the jobs of a submission: pure, nothing is asked or written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hpcmlff.spec.cells import Cell
from hpcmlff.spec.fitting import fitting
from hpcmlff.spec.profile import ClusterProfile, LocalProfile, Partition, Profile
from hpcmlff.spec.resources import Resources


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where the elements of a job run, and what each of them gets for all of its cells."""

    partition: str = ""
    """Name of the partition or queue; empty where there are none."""
    cpus: int
    """Cores of one element."""
    gpus: int
    """GPUs of one element."""
    mem_gb: float
    """Memory of one element, GiB."""
    walltime_s: int
    """Longest run of one element."""
    parallel: int
    """Most elements that run at the same time."""
    cells_per_element: int = 1
    """Cells that one element works through."""

    def of_each_cell(self) -> Resources:
        """Return the share of one of the cells that an element of a cluster runs side by side.

        The GPUs are for all of them.
        """
        return Resources.model_construct(
            cpus=self.cpus // self.cells_per_element,
            gpus=self.gpus,
            mem_gb=self.mem_gb / self.cells_per_element,
            walltime=self.walltime_s,
        )

    def for_cells(self, cells: int) -> Placement:
        """Return the place of so many such cells in one element."""
        each = self.of_each_cell()
        return replace(
            self, cpus=each.cpus * cells, mem_gb=each.mem_gb * cells, cells_per_element=cells
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What becomes one job: a single one, or an array whose elements have some cells each."""

    cells: tuple[Cell, ...]
    """Its cells, in the order of the elements."""
    placement: Placement
    """Where it runs."""
    mem_gb: tuple[float, ...] = ()
    """Memory of each cell, GiB, where those of one element differ."""

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.ceil(len(self.cells) / self.placement.cells_per_element)


def plan(profile: Profile, cells: Sequence[tuple[Cell, Resources]]) -> tuple[Batch, ...]:
    """Group cells into jobs: equal resources together, in chunks the cluster takes.

    Parameters
    ----------
    profile
        The cluster.
    cells
        Cells that need a job, with what each may use.

    Raises
    ------
    GridError
        A cell fits no partition.
    """
    if not cells:
        return ()
    if isinstance(profile, ClusterProfile):
        return tuple(_arrays(profile, cells))
    assert isinstance(profile, LocalProfile)
    placement = Placement(
        cpus=1,
        gpus=profile.gpus,
        mem_gb=1.0,
        walltime_s=profile.walltime,
        parallel=1,
        cells_per_element=len(cells),
    )
    mem_gb = tuple(share.mem_gb for _, share in cells)
    return (Batch(cells=tuple(cell for cell, _ in cells), placement=placement, mem_gb=mem_gb),)


def core_hours(batches: Iterable[Batch]) -> tuple[float, float]:
    """Return the core-hours and GPU-hours that these jobs can use at most."""
    placed = [(one.placement, one.elements * one.placement.walltime_s / 3600) for one in batches]
    cores = sum(placement.cpus * hours for placement, hours in placed)
    return cores, sum(placement.gpus * hours for placement, hours in placed)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Cells of equal resources that go to the same partition."""

    partition: Partition
    wanted: Resources
    cells: tuple[Cell, ...]

    @property
    def cells_per_job(self) -> int:
        return self.wanted.cells_per_job or self.partition.cells_per_job

    @property
    def elements(self) -> int:
        return math.ceil(len(self.cells) / self.cells_per_job)

    def chunks(self, array_cap: int) -> Iterator[_Group]:
        # Equal chunks rather than full ones and a rest: they end at about the same time.
        number = math.ceil(self.elements / array_cap)
        bounds = [self.elements * part // number * self.cells_per_job for part in range(number + 1)]
        return (replace(self, cells=self.cells[low:high]) for low, high in pairwise(bounds))

    def placement(self, parallel: int) -> Placement:
        alone = Placement(
            partition=self.partition.name,
            cpus=self.wanted.cpus,
            gpus=self.wanted.gpus,
            mem_gb=self.wanted.mem_gb,
            walltime_s=self.wanted.walltime or self.partition.walltime,
            parallel=parallel,
        )
        # Shared out evenly, so that no job asks for cells that there are not.
        return alone.for_cells(math.ceil(len(self.cells) / self.elements))


def _arrays(profile: ClusterProfile, cells: Sequence[tuple[Cell, Resources]]) -> Iterator[Batch]:
    groups = _groups(profile, cells)
    chunks = [chunk for group in groups for chunk in group.chunks(profile.array_cap)]
    for number, chunk in enumerate(chunks):
        parallel = _share(profile.running_cap, number, len(chunks)) or chunk.elements
        yield Batch(cells=chunk.cells, placement=chunk.placement(parallel))


def _groups(profile: ClusterProfile, cells: Sequence[tuple[Cell, Resources]]) -> Iterator[_Group]:
    alike: dict[Resources, list[Cell]] = {}
    for cell, wanted in cells:
        alike.setdefault(wanted, []).append(cell)
    for wanted, group in alike.items():
        partition = fitting(profile, wanted, group[0].label)
        yield _Group(partition=partition, wanted=wanted, cells=tuple(group))


def _share(cap: int | None, number: int, of: int) -> int | None:
    """Return one array's part of what may run at once; at least 1, or it would never run."""
    if cap is None:
        return None
    return max(1, cap * (number + 1) // of - cap * number // of)

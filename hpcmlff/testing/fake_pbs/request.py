"""What a job asks for, as `qsub` was told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Equal pieces of a node, as one part of a ``select`` asks for them."""

    count: int
    """How many."""
    ncpus: int
    """Cores of each."""
    mem_kb: int
    """Memory of each, KiB; 0 if nothing was said."""
    ngpus: int
    """GPUs of each."""
    mpiprocs: int | None
    """Lines of each in the node file; None if nothing was said."""
    ompthreads: int | None
    """``$OMP_NUM_THREADS``; None if nothing was said."""
    text: str
    """As PBS writes it: ``1:ncpus=2:mem=1gb``."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a job asks for."""

    chunks: tuple[Chunk, ...]
    """Parts of the ``select``."""
    place: str
    """``free``, ``pack`` or ``scatter``, and what may follow."""
    walltime_s: int | None
    """Walltime, seconds; None is forever."""
    listed: dict[str, str | int]
    """``Resource_List``, in PBS's order."""

    def total(self, name: str) -> int:
        """Return the sum of ``ncpus``, ``mem_kb`` or ``ngpus`` over all chunks."""
        return sum(chunk.count * int(getattr(chunk, name)) for chunk in self.chunks)


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """One condition of ``-W depend``."""

    kind: str
    """``afterany``, ``afterok``, ``afternotok`` or ``after``."""
    job_ids: tuple[str, ...]
    """Full ids of the jobs waited for."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What `qsub` was asked for; elements of an array share it."""

    name: str
    """Job name."""
    queue: str
    """Queue."""
    variables: dict[str, str]
    """``Variable_List``."""
    script: str | None
    """Text of the script; None if a program is run."""
    program: tuple[str, ...]
    """Program and arguments behind ``--``; empty if a script is run."""
    shell: str | None
    """``-S``."""
    resources: Resources
    """What it needs."""
    output: str | None
    """``-o``, made absolute; None is the default name."""
    error: str | None
    """``-e``, made absolute; None is the default name."""
    join: str
    """``oe``, ``eo`` or ``n``."""
    keep: str
    """``-k``: ``n``, or letters of o, e and d."""
    rerunable: bool
    """``-r``."""
    held: bool
    """``-h``."""
    indices: tuple[int, ...]
    """Indices of an array; empty for a single job."""
    array_range: str
    """``-J`` without the throttle."""
    max_run: int | None
    """Most elements at a time, ``-J X-Y%N``."""
    depend: tuple[Dependency, ...]
    """``-W depend``."""
    not_before: float | None
    """``-a``, seconds since the epoch."""
    account: str | None
    """``-A``."""
    project: str
    """``-P``."""
    priority: int
    """``-p``."""
    mail: str
    """``-m``."""
    umask: int
    """``-W umask``."""
    block: bool
    """``-W block=true``: `qsub` waits for the job."""
    workdir: str
    """Where `qsub` was called."""
    arguments: str
    """The command line."""

"""All that is known of an attempt's end, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcmlff.diagnosis.told import Told, taken_apart


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What its own files, its job's and the scheduler say of an attempt that has ended."""

    attempt: int
    """Number of the attempt; 0 for a job that ended before it began its cell."""
    end: Mapping[str, Any] = field(default_factory=dict)
    """What the attempt, or the process that had started it, wrote at its end."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    """Its last report: step, steps, loss, phase, peak of memory."""
    beat_s: float | None = None
    """From its begin to its last report."""
    saved_s: float | None = None
    """From its begin to its newest checkpoint; None if it left none."""
    signals: tuple[str, ...] = ()
    """Signals that its log says it has got."""
    scheduler: str = ""
    """What ran its job: ``slurm``, ``pbs`` or ``local``; empty if started by hand."""
    words: str = ""
    """How the scheduler says that this run of the job ended."""
    line: str = ""
    """The line of the job's output that tells why it ended."""
    cancelled: bool = False
    """Somebody has asked the job to stop, by `cancel`."""
    put_back: bool = False
    """The scheduler has run the same job again."""
    rebooted: bool = False
    """The machine it ran on has been started anew since."""
    mem_gb: float | None = None
    """Memory the job had, GiB."""
    walltime_s: float | None = None
    """Longest run of the job."""
    grace_s: float = 0.0
    """Time before its end at which a job is asked to stop."""

    @property
    def outcome(self) -> str:
        """``done``, ``failed``, ``stopped``, ``killed``; empty if nobody wrote an end."""
        return str(self.end.get("outcome", ""))

    @property
    def told(self) -> Told:
        """What the scheduler says, taken apart."""
        return taken_apart(self.words)

    def is_near_walltime(self, after_s: float | None) -> bool:
        """Tell whether a time from the begin is so late that the walltime was ending.

        Parameters
        ----------
        after_s
            The time; None is not near.
        """
        if after_s is None or self.walltime_s is None:
            return False
        return after_s >= self.walltime_s - self.grace_s - _EARLY_S


_EARLY_S = 90.0
"""Slurm may signal a minute earlier than asked to (sbatch(1), --signal), and looks at times
every half minute."""

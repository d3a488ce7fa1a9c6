"""What of a submission will not fit: said before it is made, as far as it can be known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.console import gib, plural
from hpcmlff.outlook.kinds import outlook_by_kind
from hpcmlff.outlook.totals import totals
from hpcmlff.spec.profile import ClusterProfile

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.outlook.kinds import KindOutlook
    from hpcmlff.outlook.totals import Totals
    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.profile import Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfit:
    """One thing that does not fit."""

    code: str
    """``resources`` (no job can hold the cell, so that the grid is refused), ``walltime`` or
    ``disk``."""
    cells: int
    """Number of cells it is about."""
    text: str
    """What, and what to do."""

    @property
    def line(self) -> str:
        """It, as a line for people."""
        return f"will not fit ({self.code}): {self.text}"

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def misfits(
    profile: Profile, proposal: Proposal, kinds: Sequence[KindOutlook], sums: Totals, store: Path
) -> list[Misfit]:
    """Return what will not fit, the worst first.

    Parameters
    ----------
    profile
        The cluster.
    proposal
        The jobs, and the cells that are left out of them.
    kinds, sums
        What the cells are expected to take.
    store
        Folder of the store.
    """
    found = [_resources(proposal), _disk(sums, store), _walltime(profile, kinds)]
    return [one for one in found if one is not None]


def warnings(profile: Profile, proposal: Proposal, store: Path) -> list[str]:
    """Return what will not fit, a line for people each."""
    kinds = outlook_by_kind(profile, proposal)
    sums = totals(profile, proposal.batches, kinds, store)
    return [one.line for one in misfits(profile, proposal, kinds, sums, store)]


def _resources(proposal: Proposal) -> Misfit | None:
    if proposal.refusal is None:
        return None
    return Misfit(code="resources", cells=len(proposal.left_out), text=str(proposal.refusal))


def _disk(sums: Totals, store: Path) -> Misfit | None:
    if sums.disk_gb <= sums.free_gb:
        return None
    advice = "free some, move the store, or lower running_cap or max_parallel in the profile"
    if sums.kept_gb > sums.free_gb:
        advice = "free some, or move the store"
    text = f"the cells need {gib(sums.disk_gb)}, {store} has {gib(sums.free_gb)} left: {advice}"
    return Misfit(code="disk", cells=sums.cells, text=text)


def _walltime(profile: Profile, kinds: Sequence[KindOutlook]) -> Misfit | None:
    ends, advice = _going_on(profile)
    long = [one for one in kinds if one.walltimes > ends]
    if not long:
        return None
    cells, most = sum(one.cells for one in long), max(one.walltimes for one in long)
    need = f"{plural(cells, 'cell')} will need up to {most} jobs, one after the other"
    return Misfit(code="walltime", cells=cells, text=f"{need}; {advice(most)}")


def _going_on(profile: Profile) -> tuple[float, Callable[[int], str]]:
    """Return how many jobs a cell gets without anybody's help, and what to do beyond."""
    requeue = profile.requeue if isinstance(profile, ClusterProfile) else "manual"
    if requeue == "scheduler":
        return float("inf"), str
    if requeue == "chain" and isinstance(profile, ClusterProfile):
        length = profile.chain_length
        return (
            length,
            lambda most: (
                f"each gets {length}: write chain_length: {most} into the profile, or give "
                "hpcmlff.resume afterwards"
            ),
        )
    return (
        1,
        lambda _: (
            f"nothing goes on by itself with the profile {profile.name!r}: ask for a longer "
            "walltime, or give hpcmlff.resume until all are done (safe in a crontab)"
        ),
    )

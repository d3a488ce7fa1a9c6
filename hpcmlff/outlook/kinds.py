"""What cells of each kind are expected to take: time, jobs one after the other, hours, disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hpcmlff.outlook.left import left_s
from hpcmlff.spec.needs import walltimes
from hpcmlff.spec.profile import LocalProfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import Profile
    from hpcmlff.spec.resources import Resources

    _Key = tuple[tuple[str, str, int], Need, Resources, Placement]

_HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class KindOutlook:
    """Cells that differ in their seeds, and perhaps in settings that cost nothing."""

    model: str
    """Name of the trainer."""
    molecule: str
    """Name of the molecule."""
    size: int
    """Training frames."""
    cells: int
    """Number of cells that are to be submitted."""
    partition: str
    """Where they run; empty where there are no partitions."""
    mem_gb: float
    """Memory of each, GiB."""
    wall_s: float
    """Time that each is expected to take from its beginning, s."""
    left_s: float
    """The longest that one of them takes from now on, s: some may have been begun."""
    walltimes: int
    """Jobs one after the other that this takes."""
    core_h: float
    """Core-hours of all of them, from now on."""
    gpu_h: float
    """GPU-hours of all of them; cells of one job share its GPUs."""
    disk_gb: float
    """Disk of each while it is trained, GiB."""
    kept_gb: float
    """Part of it that stays, GiB."""
    time_from: str
    """What the time is from: ``finished`` cells, measured ``rates`` or the ``default``."""
    finished: int
    """Finished cells that it is from."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def outlook_by_kind(profile: Profile, proposal: Proposal) -> list[KindOutlook]:
    """Return what will be submitted, cells of a kind together, in the grid's order.

    Parameters
    ----------
    profile
        The cluster.
    proposal
        The jobs.
    """
    places = {}
    for batch in proposal.batches:
        # Chunks of the same cells may differ in how many run at a time.
        place = replace(batch.placement, parallel=1)
        places.update(dict.fromkeys((cell.id for cell in batch.cells), place))
    found: dict[_Key, list[float]] = {}
    for one, need, given in zip(proposal.chosen, proposal.needs, proposal.given, strict=True):
        cell = one.cell
        name = (cell.model, cell.molecule, cell.size)
        found.setdefault((name, need, given, places[cell.id]), []).append(left_s(one, need))
    return [_outlook(profile, key, times_s) for key, times_s in found.items()]


def _outlook(profile: Profile, key: _Key, times_s: Sequence[float]) -> KindOutlook:
    (model, molecule, size), need, given, place = key
    longest_s, hours = max(times_s), sum(times_s) / _HOUR_S
    return KindOutlook(
        model=model,
        molecule=molecule,
        size=size,
        cells=len(times_s),
        partition=place.partition,
        mem_gb=given.mem_gb,
        wall_s=need.wall_s,
        left_s=longest_s,
        walltimes=walltimes(longest_s, place.walltime_s, profile.grace),
        core_h=given.cpus * hours,
        gpu_h=given.gpus * hours / _cells_on_the_same_gpus(profile, place),
        disk_gb=need.disk_gb,
        kept_gb=need.disk_gb - need.freed_gb,
        time_from=need.time_from,
        finished=need.finished,
    )


def _cells_on_the_same_gpus(profile: Profile, place: Placement) -> int:
    if isinstance(profile, LocalProfile):
        return profile.cells_per_job
    return place.cells_per_element

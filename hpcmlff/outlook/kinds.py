"""What cells of each kind are expected to take: time, jobs one after the other, hours, disk."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from hpcmlff.spec.profile import LocalProfile

if TYPE_CHECKING:
    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import Profile
    from hpcmlff.spec.resources import Resources

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
    walltimes: int
    """Jobs one after the other that each takes for that."""
    core_h: float
    """Core-hours of all of them."""
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
    found = Counter(
        (one.cell.model, one.cell.molecule, one.cell.size, need, given, places[one.cell.id])
        for one, need, given in zip(proposal.chosen, proposal.needs, proposal.given, strict=True)
    )
    return [
        _outlook(profile, (model, molecule, size), number, need=need, given=given, place=place)
        for (model, molecule, size, need, given, place), number in found.items()
    ]


def _outlook(
    profile: Profile,
    name: tuple[str, str, int],
    cells: int,
    *,
    need: Need,
    given: Resources,
    place: Placement,
) -> KindOutlook:
    hours = cells * need.wall_s / _HOUR_S
    model, molecule, size = name
    return KindOutlook(
        model=model,
        molecule=molecule,
        size=size,
        cells=cells,
        partition=place.partition,
        mem_gb=given.mem_gb,
        wall_s=need.wall_s,
        walltimes=need.walltimes(place.walltime_s, profile.grace),
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

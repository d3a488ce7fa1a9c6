"""What the jobs of a submission get, and what they are expected to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.outlook.left import left_s
from hpcmlff.spec.needs import walltimes

if TYPE_CHECKING:
    from hpcmlff.proposal import Proposal
    from hpcmlff.spec.needs import Need
    from hpcmlff.spec.plan import Batch, Placement
    from hpcmlff.spec.profile import Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """Jobs that differ in their cells only."""

    placement: Placement
    """Where they run, and what an element gets."""
    jobs: int
    """Number of jobs."""
    elements: int
    """Elements of each."""
    cells: int
    """Cells of all of them."""
    mem_gb: tuple[float, float]
    """Least and most memory of a cell, GiB."""
    longest_s: float
    """Time that the longest cell is expected to take from now on."""
    walltimes: int
    """Jobs one after the other that it takes for that."""
    disk_gb: float
    """Disk of all cells, GiB."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        facts = asdict(self)
        place = facts.pop("placement")
        names = ("partition", "cpus", "gpus", "walltime_s", "parallel", "cells_per_element")
        return facts | {name: place[name] for name in names}


def outlooks(profile: Profile, proposal: Proposal) -> list[Outlook]:
    """Return what will be submitted, equal jobs together.

    Parameters
    ----------
    profile
        The cluster.
    proposal
        The jobs.
    """
    chosen = zip(proposal.chosen, proposal.needs, strict=True)
    needs = {one.cell.id: (need, left_s(one, need)) for one, need in chosen}
    alike: dict[tuple[Placement, int], list[Batch]] = {}
    for batch in proposal.batches:
        alike.setdefault((batch.placement, batch.elements), []).append(batch)
    return [_outlook(batches, needs, profile.grace) for batches in alike.values()]


def models_by_source(proposal: Proposal) -> dict[str, list[str]]:
    """Return the models whose times are from ``finished`` cells, ``rates``, the ``default``.

    A model stands under each of them that some of its cells need.
    """
    found: dict[str, dict[str, None]] = {"finished": {}, "rates": {}, "default": {}}
    for one, need in zip(proposal.chosen, proposal.needs, strict=True):
        found[need.time_from][one.cell.model] = None
    return {source: list(models) for source, models in found.items() if models}


def rates_by_model(proposal: Proposal) -> dict[str, str]:
    """Return what each model's times follow from: what was ``measured``, or the ``default``."""
    found: dict[str, bool] = {}
    for one, need in zip(proposal.chosen, proposal.needs, strict=True):
        found[one.cell.model] = found.get(one.cell.model, True) and need.measured
    return {model: "measured" if of_all else "default" for model, of_all in found.items()}


def _outlook(
    batches: Sequence[Batch], needs: dict[str, tuple[Need, float]], grace_s: int
) -> Outlook:
    place = batches[0].placement
    own = [needs[cell.id] for batch in batches for cell in batch.cells]
    longest_s = max(left for _, left in own)
    memory = [mem_gb for batch in batches for mem_gb in batch.mem_gb]
    memory = memory or [place.of_each_cell().mem_gb]
    return Outlook(
        placement=place,
        jobs=len(batches),
        elements=batches[0].elements,
        cells=len(own),
        mem_gb=(min(memory), max(memory)),
        longest_s=longest_s,
        walltimes=walltimes(longest_s, place.walltime_s, grace_s),
        disk_gb=sum(need.disk_gb for need, _ in own),
    )

"""What is said before a submission: which jobs, where, and what they can cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.console import duration, gib, wrapped
from hpcmlff.executors.choice import executor_for
from hpcmlff.jobs import work_of
from hpcmlff.outlook.jobs import models_by_source, outlooks, rates_by_model
from hpcmlff.outlook.totals import most_hours
from hpcmlff.spec.profile import ClusterProfile
from hpcmlff.store.ledger import Record

if TYPE_CHECKING:
    from hpcmlff.outlook.jobs import Outlook
    from hpcmlff.proposal import Proposal
    from hpcmlff.reconcile import Standing
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.plan import Batch, Placement
    from hpcmlff.spec.profile import Profile
    from hpcmlff.store.store import Store

_SOURCES = {
    "finished": "from finished cells of",
    "rates": "measured here for",
    "default": "by default figures for",
}
_SHOWN = 10
"""Cells named in a line; with more it is a number."""


def announcement(profile: Profile, proposal: Proposal) -> str:
    """Return the jobs of a submission and what they can cost, for people."""
    lines = _jobs(profile, outlooks(profile, proposal))
    if isinstance(profile, ClusterProfile) and profile.requeue == "chain":
        lines.append(f"  each {profile.chain_length} times, one waiting for the other")
    lines.append(f"  {_whence_times(proposal)}")
    if isinstance(profile, ClusterProfile):
        lines.append(_costs(profile, proposal))
    return wrapped("\n".join([_heading(profile, len(proposal.chosen)), *lines]))


def facts_of_jobs(profile: Profile, proposal: Proposal) -> dict[str, Any]:
    """Return the same as plain values: the jobs, and whose times follow from measured rates."""
    jobs = [one.as_json() for one in outlooks(profile, proposal)]
    return {"batches": jobs, "rates": rates_by_model(proposal)}


def reasons(proposal: Proposal) -> list[str]:
    """Return why these cells need a job, for those that have been tried: one line a reason."""
    found: dict[str, list[str]] = {}
    for one in proposal.chosen:
        if one.attempts:
            found.setdefault(_why(one), []).append(_whence(one))
    return [f"  {why}: {_some(cells)}" for why, cells in found.items()]


def confirmed(profile: Profile, *, yes: bool) -> bool:
    """Ask whether to go on: only on a terminal, and only where others share the machine."""
    shared = isinstance(profile, ClusterProfile)
    return not shared or console.confirmed("submit?", yes=yes)


def scripts(store: Store, profile: Profile, proposal: Proposal) -> list[str]:
    """Return the scripts of a submission, one for all jobs that differ in their cells only."""
    seen: dict[tuple[Placement, int], Batch] = {}
    for batch in proposal.batches:
        seen.setdefault((batch.placement, batch.elements), batch)
    executor = executor_for(profile)
    texts = [executor.render(work_of(store, _record(profile, batch))) for batch in seen.values()]
    return [text for text in texts if text]


def kinds(cells: Sequence[Cell]) -> str:
    """Return what these cells are: ``3 cells (2 sgdml/glycine, 1 schnet/glycine)``."""
    found = Counter(f"{cell.model}/{cell.molecule}" for cell in cells)
    listed = ", ".join(f"{number} {kind}" for kind, number in found.items())
    return f"{len(cells)} cells ({listed})" if cells else "nothing"


def _heading(profile: Profile, cells: int) -> str:
    if isinstance(profile, ClusterProfile):
        return f"{cells} cells by the profile {profile.name!r}:"
    return f"{cells} cells in one background job of this machine:"


def _jobs(profile: Profile, found: Sequence[Outlook]) -> list[str]:
    if isinstance(profile, ClusterProfile):
        return [f"  {_line(one)}\n    {_takes(one)}" for one in found]
    return [f"  {_memory(one)}; {_takes(one)}" for one in found]


def _costs(profile: ClusterProfile, proposal: Proposal) -> str:
    cores, gpus = most_hours(profile, proposal.batches)
    until = "until the first requeue" if profile.requeue == "scheduler" else "in all"
    return f"at most {cores:,.0f} core-hours and {gpus:,.0f} GPU-hours {until}"


def _line(one: Outlook) -> str:
    place = one.placement
    what = _array(one) if place.cells_per_element > 1 else _one_each(one)
    many = f"{one.jobs} x " if one.jobs > 1 else ""
    throttle = f"; at most {place.parallel} at a time" if place.parallel < one.elements else ""
    share = f"{place.cpus} cpus, {place.gpus} gpus, {place.mem_gb:g} GiB"
    each = f"{share}, {duration(place.walltime_s)} each"
    return f"{many}{what} on {place.partition}: {each}{throttle}"


def _one_each(one: Outlook) -> str:
    return f"array of {one.elements} cells" if one.elements > 1 else "job of one cell"


def _array(one: Outlook) -> str:
    each, elements = one.placement.cells_per_element, one.elements
    cells = f"{each} cells" if one.cells == one.jobs * elements * each else f"up to {each} cells"
    return f"array of {elements} jobs of {cells}" if elements > 1 else f"job of {cells}"


def _takes(one: Outlook) -> str:
    walltimes = f", {one.walltimes} walltimes" if one.walltimes > 1 else ""
    longest = "the longest takes about" if one.cells > 1 else "takes about"
    return f"{longest} {duration(one.longest_s)}{walltimes}; disk {gib(one.disk_gb)}"


def _memory(one: Outlook) -> str:
    least, most = one.mem_gb
    return f"{least:g} GiB each" if least == most else f"{least:g} to {most:g} GiB each"


def _whence_times(proposal: Proposal) -> str:
    found = models_by_source(proposal)
    parts = [f"{_SOURCES[source]} {', '.join(models)}" for source, models in found.items()]
    return f"times: {'; '.join(parts)}"


def _whence(standing: Standing) -> str:
    step = standing.progress.get("step")
    return standing.cell.label + (f" (step {step})" if step else "")


def _why(standing: Standing) -> str:
    cause = "" if standing.diagnosis is None else standing.diagnosis.cause.value
    words = ": ".join(one for one in (cause, standing.reason) if one)
    return f"{standing.state.value} ({words})" if words else standing.state.value


def _some(cells: list[str]) -> str:
    shown = ", ".join(cells[:_SHOWN])
    return shown if len(cells) <= _SHOWN else f"{shown} and {len(cells) - _SHOWN} more"


def _record(profile: Profile, batch: Batch) -> Record:
    return Record(
        profile=profile.model_dump(mode="json"),
        cells=tuple(cell.id for cell in batch.cells),
        mark="0" * 12,
        revision=0,
        placement=asdict(batch.placement),
        number=0,
        job=None,
        ended=False,
    )

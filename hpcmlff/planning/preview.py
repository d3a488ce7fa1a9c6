"""Showing a plan to people: counts, jobs, a table of what cells take, what will not fit."""

from __future__ import annotations

import shlex
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from hpcmlff import console
from hpcmlff.announcing import announcement, kinds
from hpcmlff.console import brief, gib, hours, plural, say, wrapped
from hpcmlff.waiting import count_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from hpcmlff.outlook.kinds import KindOutlook
    from hpcmlff.outlook.totals import Totals
    from hpcmlff.planning.plan import Plan

_MOST_ROWS = 20
"""A table of more sizes than this has one row for all sizes."""


def show_plan(plan: Plan, words: Sequence[str]) -> None:
    """Print the plan on stderr, what to do next at its end.

    Parameters
    ----------
    plan
        The plan.
    words
        Arguments of the command that would carry it out, for the last line.
    """
    for line in count_lines(plan.proposal.before):
        say(line)
    if plan.unmade:
        say(wrapped(f"frames are yet to be made: {', '.join(plan.unmade)}"))
    chosen = [one.cell for one in plan.proposal.chosen]
    say(wrapped(f"would submit {kinds(chosen)} to the profile {plan.profile.name!r}"))
    if plan.proposal.batches:
        say(announcement(plan.profile, plan.proposal))
        console.terminal(stderr=True).print("", table_of(plan.kinds), end="")
        say(wrapped(sums_line(plan.totals)))
    for one in plan.misfits:
        say(wrapped(one.line))
    if not plan.proposal.refusal:
        say(_next(plan, words))


def table_of(found: Sequence[KindOutlook]) -> Table:
    """Return a row for every kind of cells, or, where these are many, for all sizes together."""
    from rich import box
    from rich.table import Table

    shown = [(f"{_name(one)}/n{one.size}", one) for one in found]
    if len(shown) > _MOST_ROWS:
        shown = [_together(list(group)) for _, group in groupby(found, key=_place)]
    with_gpus = any(one.gpu_h for one in found)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("cells", overflow="fold")
    for name in _columns(with_gpus=with_gpus):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("time from", no_wrap=True)
    for name, one in shown[:_MOST_ROWS]:
        table.add_row(name, *_row(one, with_gpus=with_gpus), _source(one))
    if (more := len(shown) - _MOST_ROWS) > 0:
        table.add_row(f"and {more} more")
    return table


def sums_line(sums: Totals) -> str:
    """Return what is expected in all, in one line."""
    parts = [plural(sums.jobs, "job"), f"{hours(sums.core_h)} core-hours"]
    parts += [f"{hours(sums.gpu_h)} GPU-hours"] if sums.gpu_h else []
    parts += [f"about {brief(sums.machine_s)} on this machine"] if sums.machine_s else []
    disk = f"{gib(sums.disk_gb)} of disk, {gib(sums.kept_gb)} of it for good"
    return f"expected: {', '.join(parts)}; {disk}; {gib(sums.free_gb)} are free"


def _columns(*, with_gpus: bool) -> Iterable[str]:
    yield from ("number", "each", "jobs", "core-h")
    if with_gpus:
        yield "GPU-h"
    yield from ("memory", "disk")


def _row(one: KindOutlook, *, with_gpus: bool) -> Iterable[str]:
    yield from (f"{one.cells:,}", brief(one.left_s), f"{one.walltimes}", hours(one.core_h))
    if with_gpus:
        yield hours(one.gpu_h)
    yield from (gib(one.mem_gb), gib(one.cells * one.disk_gb))


def _source(one: KindOutlook) -> str:
    words = {"finished": f"{one.finished} finished", "rates": "rates here", "default": "default"}
    return words[one.time_from]


def _name(one: KindOutlook) -> str:
    return f"{one.model}/{one.molecule}"


def _place(one: KindOutlook) -> tuple[str, str]:
    return _name(one), one.time_from


def _together(group: Sequence[KindOutlook]) -> tuple[str, KindOutlook]:
    """Return the worst of a group, with the sums of all."""
    cells = sum(one.cells for one in group)
    sizes = [one.size for one in group]
    worst = replace(
        max(group, key=lambda one: one.left_s),
        cells=cells,
        walltimes=max(one.walltimes for one in group),
        core_h=sum(one.core_h for one in group),
        gpu_h=sum(one.gpu_h for one in group),
        mem_gb=max(one.mem_gb for one in group),
        disk_gb=sum(one.cells * one.disk_gb for one in group) / cells,
        finished=sum(one.finished for one in group),
    )
    return f"{_name(worst)}/n{min(sizes)}-{max(sizes)}", worst


def _next(plan: Plan, words: Sequence[str]) -> str:
    if not plan.proposal.batches:
        return console.next_step("hpcmlff.status", plan.store.path)
    return f"next: python -m hpcmlff.submit {shlex.join(words)}"

"""Explaining for people why cells failed or stopped: cause, evidence, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from hpcmlff.console import emit_json, next_step
from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.history import all_diagnoses
from hpcmlff.spec.causes import Rule
from hpcmlff.spec.states import CellState
from hpcmlff.waiting import summary

if TYPE_CHECKING:
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.reconcile import Standing
    from hpcmlff.store.store import Store

_SHOWN = 10
"""Cells of one cause whose evidence is shown."""

_GIVEN_UP = "Find out why and put it right. Then --retry-failed tries it again"

Case = tuple["Standing", tuple["Diagnosis", ...]]
"""A cell, and why its attempts ended, the newest first."""


def explain(store: Store, standings: Sequence[Standing], *, as_json: bool) -> int:
    """Print why cells have failed or stopped, on stdout; return the exit code.

    Parameters
    ----------
    store
        The store.
    standings
        Where its cells stand.
    as_json
        For scripts.
    """
    found = cases(store, standings)
    if as_json:
        emit_json({"store": str(store.path), "cells": [_as_json(case) for case in found]})
        return 0
    click.echo(f"{store.path}: {len(standings)} cells: {summary(standings)}")
    click.echo("\n".join(explained(store, found)))
    return 0


def cases(store: Store, standings: Sequence[Standing]) -> list[Case]:
    """Return the cells that have failed or stopped, those that failed first.

    Parameters
    ----------
    store
        The store.
    standings
        Where its cells stand.
    """
    wanted = (CellState.FAILED, CellState.STOPPED)
    chosen = [one for state in wanted for one in standings if one.state is state]
    book = Casebook(store=store)
    return [(one, all_diagnoses(book, one.cell, running=False)) for one in chosen]


def explained(store: Store, found: Sequence[Case]) -> list[str]:
    """Return the lines that explain cells, those of one state and cause together."""
    groups: dict[tuple[CellState, str], list[Case]] = {}
    for case in found:
        cause = case[1][0].cause.value if case[1] else "unknown"
        groups.setdefault((case[0].state, cause), []).append(case)
    lines = [
        line
        for (state, cause), group in groups.items()
        for line in (f"{cause}: {len(group)} {state.value}", *_group(group), "")
    ]
    return [*lines, _next(store, found)] if found else ["no cell has failed or stopped"]


def _as_json(case: Case) -> dict[str, Any]:
    standing, found = case
    return {
        "cell_id": standing.cell.id,
        "label": standing.cell.label,
        "state": standing.state.value,
        "reason": standing.reason,
        "diagnoses": [one.as_json() for one in found],
    }


def _group(group: Sequence[Case]) -> Iterator[str]:
    for standing, found in group[:_SHOWN]:
        yield from _case(standing, found)
    if len(group) > _SHOWN:
        yield f"  and {len(group) - _SHOWN} more, which --json lists"
    advices = dict.fromkeys(_advice(*case) for case in group)
    yield from (f"  > {advice}" for advice in advices)


def _advice(standing: Standing, found: Sequence[Diagnosis]) -> str:
    return _GIVEN_UP if _is_given_up(standing, found) else found[0].advice


def _is_given_up(standing: Standing, found: Sequence[Diagnosis]) -> bool:
    """Tell whether it failed for the number of its jobs, whatever the rule of the last one."""
    return not found or (standing.state is CellState.FAILED and found[0].rule is not Rule.STOP)


def _case(standing: Standing, found: Sequence[Diagnosis]) -> Iterator[str]:
    which = f", attempt {found[0].attempt}" if found and found[0].attempt else ""
    yield f"  {standing.cell.label}{which}"
    if _is_given_up(standing, found):
        yield f"    {standing.reason}"
    yield from (f"    {line}" for line in (found[0].evidence if found else ()))
    earlier = [f"{one.attempt} {one.cause}" for one in found[1:] if one.attempt]
    if earlier:
        yield f"    before: {', '.join(earlier[:_SHOWN])}"


def _next(store: Store, found: Sequence[Case]) -> str:
    stopped = any(standing.state is CellState.STOPPED for standing, _ in found)
    step = next_step("hpcmlff.resume", store.path)
    return step if stopped else f"{step} --retry-failed"

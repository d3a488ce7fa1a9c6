"""Explaining for people why cells failed or stopped: cause, evidence, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from hpcmlff.console import emit_json, next_step, terminal, wrapped
from hpcmlff.diagnosis.casebook import Casebook
from hpcmlff.diagnosis.history import all_diagnoses
from hpcmlff.spec.causes import Cause, Rule
from hpcmlff.spec.states import CellState
from hpcmlff.views.overview import heading

if TYPE_CHECKING:
    from hpcmlff.diagnosis.diagnosis import Diagnosis
    from hpcmlff.reconcile import Standing
    from hpcmlff.store.store import Store

_SHOWN = {CellState.FAILED: 10, CellState.STOPPED: 3}
"""Cells of one state and cause whose evidence is shown."""
_ATTEMPTS = 10
"""Earlier attempts of a cell that are named."""

_GIVEN_UP = "Find out why and put it right. Then `retry` tries it again"


def explain(store: Store, standings: Sequence[Standing], *, of: int, as_json: bool) -> int:
    """Print why cells have failed or stopped, on stdout; return the exit code.

    Parameters
    ----------
    store
        The store.
    standings
        Where the cells stand that are meant.
    of
        Number of all cells.
    as_json
        For scripts, of every cell; else the evidence of some is shown.
    """
    wanted = (CellState.FAILED, CellState.STOPPED)
    chosen = [one for state in wanted for one in standings if one.state is state]
    book = Casebook(store=store)
    if as_json:
        cells = [_facts(one, all_diagnoses(book, one.cell, running=False)) for one in chosen]
        emit_json({"store": str(store.path), "cells": cells})
        return 0
    click.echo(heading(store.path, standings, of))
    width = terminal().width
    for group in _alike(book, chosen):
        click.echo(wrapped("\n".join(_group(book, group)), width) + "\n")
    click.echo(_next(store, chosen) if chosen else "no cell has failed or stopped")
    return 0


def _facts(standing: Standing, found: Sequence[Diagnosis]) -> dict[str, Any]:
    return {
        "cell_id": standing.cell.id,
        "label": standing.cell.label,
        "state": standing.state.value,
        "reason": standing.reason,
        "diagnoses": [one.as_json() for one in found],
    }


def _alike(book: Casebook, chosen: Sequence[Standing]) -> list[list[Standing]]:
    """Return the cells that have the same state for the same cause together."""
    groups: dict[tuple[CellState, Cause], list[Standing]] = {}
    for one in chosen:
        groups.setdefault((one.state, _cause(book, one)), []).append(one)
    return list(groups.values())


def _cause(book: Casebook, standing: Standing) -> Cause:
    lost = book.newest_with(standing.cell.id) > standing.record
    if standing.diagnosis is not None and not lost:
        return standing.diagnosis.cause
    found = all_diagnoses(book, standing.cell, running=False)
    return found[0].cause if found else Cause.UNKNOWN


def _group(book: Casebook, group: Sequence[Standing]) -> Iterator[str]:
    yield f"{_cause(book, group[0])}: {len(group)} {group[0].state}"
    advices, shown = {}, _SHOWN[group[0].state]
    for standing in group[:shown]:
        found = all_diagnoses(book, standing.cell, running=False)
        yield from _case(standing, found)
        advices[_advice(standing, found)] = True
    if len(group) > shown:
        yield f"  and {len(group) - shown} more, which --json lists"
    yield from (f"  > {advice}" for advice in advices)


def _advice(standing: Standing, found: Sequence[Diagnosis]) -> str:
    settled = found and (found[0].rule is Rule.STOP or standing.state is not CellState.FAILED)
    return found[0].advice if settled else _GIVEN_UP


def _is_given_up(standing: Standing, found: Sequence[Diagnosis]) -> bool:
    """Tell whether it failed for the number of its jobs, whatever the rule of the last one."""
    stops = bool(found) and found[0].rule is Rule.STOP and found[0].attempt > 0
    return not found or (standing.state is CellState.FAILED and not stops)


def _case(standing: Standing, found: Sequence[Diagnosis]) -> Iterator[str]:
    which = f", attempt {found[0].attempt}" if found and found[0].attempt else ""
    yield f"  {standing.cell.label}{which}"
    if _is_given_up(standing, found):
        yield f"    {standing.reason}"
    yield from (f"    {line}" for line in (found[0].evidence if found else ()))
    earlier = [f"{one.attempt} {one.cause}" for one in found[1:] if one.attempt]
    if earlier:
        yield f"    attempts before: {', '.join(earlier[:_ATTEMPTS])}"


def _next(store: Store, chosen: Sequence[Standing]) -> str:
    if any(standing.state is CellState.STOPPED for standing in chosen):
        return next_step("hpcmlff.resume", store.path)
    return next_step("hpcmlff.retry", store.path, "state=failed")

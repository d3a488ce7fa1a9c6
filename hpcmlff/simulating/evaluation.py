"""The simulations that a grid asks for, with the cells that are without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.data.generate.showing import showing
from hpcmlff.errors import EXIT_INTERRUPTED, HpcmlffError, StoreError
from hpcmlff.finding import find_store
from hpcmlff.interrupting import stop_when_asked
from hpcmlff.models.protocol import Allocation
from hpcmlff.report.dynamics import dynamics_section
from hpcmlff.report.scans import scans_section
from hpcmlff.report.terminal_section import render_section
from hpcmlff.simulation.watch import Watch
from hpcmlff.worker.after import origin
from hpcmlff.worker.evaluating import evaluate, wanted
from hpcmlff.worker.trained import finished_cells

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store
    from hpcmlff.worker.evaluating import Wanted

Made = dict[str, list[dict[str, Any]]]
"""Summaries by the kind of simulation."""


def evaluate_all(given: Path, words: Sequence[str], threads: int, *, as_json: bool) -> int:
    """Make what is missing, cell after cell; return the exit code.

    Parameters
    ----------
    given
        A store's folder or a grid file.
    words
        Patterns and conditions; see `hpcmlff.spec.selection`. None mean all cells.
    threads
        Threads of the numerical libraries.
    as_json
        Whether summaries are printed as JSON instead of tables.

    Raises
    ------
    StoreError
        The grid asks for no simulation, or no cell is done.
    """
    store = find_store(given)
    asked = wanted(store.current_grid().grid)
    if not asked:
        raise StoreError(
            "the grid asks for no simulations",
            where=str(store.path),
            hint="Write evaluate: [errors, md] into it and submit it again, or use hpcmlff.md",
        )
    cells = finished_cells(store, words, console.say)
    made: Made = {"md": [], "scan": []}
    code = 0
    with stop_when_asked() as should_stop:
        for cell in cells:
            try:
                _cell(store, asked, cell, Allocation(threads=threads), should_stop, made)
            except HpcmlffError as error:
                console.say(f"error: {error}")
                code = code or error.exit_code
            if should_stop():
                console.say("stopped; what is done is kept: the same command goes on")
                code = EXIT_INTERRUPTED
                break
    _show(store, made, as_json=as_json)
    return code


def _cell(
    store: Store,
    asked: Wanted,
    cell: Cell,
    allocation: Allocation,
    should_stop: ShouldStop,
    made: Made,
) -> None:
    with showing(cell.label) as tell:
        watch = Watch(tell=tell, should_stop=should_stop, origin=origin(allocation))
        for kind, summary in evaluate(store, asked, cell, allocation, watch):
            made[kind] += [] if summary is None else [summary]


def _show(store: Store, made: Made, *, as_json: bool) -> None:
    if as_json:
        console.emit_json(made)
        return
    for section in (dynamics_section(made["md"]), scans_section(made["scan"])):
        for part in render_section(section):
            console.terminal().print(part)
    console.say(console.next_step("hpcmlff.collect", store.path))

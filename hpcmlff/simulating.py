"""What `md` does: finds models, runs dynamics, shows what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.data.generate.showing import showing
from hpcmlff.errors import EXIT_INTERRUPTED, StoreError
from hpcmlff.finding import find_store
from hpcmlff.interrupting import stop_when_asked
from hpcmlff.models.protocol import Allocation
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.dynamics import dynamics_section
from hpcmlff.report.terminal_section import render_section
from hpcmlff.simulation.dynamics import run_id, run_md
from hpcmlff.simulation.run_folder import RunFolder
from hpcmlff.simulation.trajectory_file import check_target, write_trajectory
from hpcmlff.simulation.watch import Watch
from hpcmlff.worker.provenance import provenance
from hpcmlff.worker.trained import finished_cells, load_force_field, start_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.dynamics import MdSettings
    from hpcmlff.store.store import Store

_KEPT = ("host", "cpu", "threads", "packages", "git_commit")
"""What is kept of where a run was made; its last bits depend on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MdOrder:
    """What is wanted of every cell."""

    settings: MdSettings
    """Thermostat, time step and so on."""
    frame: int | None
    """Frame to start from; None for that with the lowest energy."""
    threads: int
    """Threads of the numerical libraries."""
    out: Path | None
    """File to write the trajectory to as well."""
    force: bool
    """Whether it may be replaced."""
    plots: bool
    """Whether figures are drawn."""


def run_all(given: Path, names: Sequence[str], order: MdOrder, *, as_json: bool) -> int:
    """Run dynamics with several models, one after the other; return the exit code.

    Parameters
    ----------
    given
        A store's folder or a grid file.
    names
        Patterns and conditions; see `hpcmlff.spec.selection`.
    order
        What is wanted.
    as_json
        Whether summaries are printed as JSON instead of a table.

    Raises
    ------
    NoSuchCell
        No cell has such a name.
    StoreError
        None of the cells is done, or one file is wanted of several trajectories.
    DataError
        There is no such frame.
    """
    store = find_store(given)
    cells = finished_cells(store, names, console.say)
    if order.out is not None:
        if len(cells) > 1:
            what = f"one file for the trajectories of {len(cells)} cells"
            raise StoreError(what, where=str(order.out), hint="Name one cell")
        check_target(order.out, overwrite=order.force)
    summaries: list[dict[str, Any]] = []
    with stop_when_asked() as should_stop:
        for cell in cells:
            summary = _run(store, cell, order, should_stop)
            if summary is None:
                console.say("stopped; what is done is kept: the same command goes on")
                return EXIT_INTERRUPTED
            summaries.append(summary)
    _show(store, summaries, as_json=as_json)
    return 0


def _run(
    store: Store, cell: Cell, order: MdOrder, should_stop: ShouldStop
) -> dict[str, Any] | None:
    field = load_force_field(store, cell, Allocation(threads=order.threads))
    start = start_frame(field, order.frame)
    folder = RunFolder(store.cell(cell).simulation("md", run_id(field, order.settings, start)))
    made = provenance("cpu", order.threads)
    origin = {name: made[name] for name in _KEPT}
    with showing(cell.label) as tell:
        watch = Watch(tell=tell, should_stop=should_stop, origin=origin)
        summary = run_md(field, order.settings, start, folder, watch)
    if summary is not None:
        if order.plots:
            write_plots(dynamics_section([summary]).plots, folder.path)
        if order.out is not None:
            write_trajectory(folder, order.out)
        summary = summary | {"folder": str(folder.path)}
    return summary


def _show(store: Store, summaries: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        console.emit_json({"runs": summaries})
        return
    terminal = console.terminal()
    for part in render_section(dynamics_section(summaries)):
        terminal.print(part)
    for summary in summaries:
        console.say(str(summary["folder"]))
    console.say(console.next_step("hpcmlff.collect", store.path))

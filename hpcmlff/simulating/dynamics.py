"""Dynamics with several models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.data.generate.showing import showing
from hpcmlff.errors import StoreError
from hpcmlff.finding import find_store
from hpcmlff.models.protocol import Allocation
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.dynamics import dynamics_section
from hpcmlff.simulating.series import Series
from hpcmlff.simulation.trajectory_file import check_target, write_trajectory
from hpcmlff.simulation.watch import Watch
from hpcmlff.worker.after import origin
from hpcmlff.worker.evaluating import run_dynamics
from hpcmlff.worker.trained import finished_cells, start_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.spec.dynamics import MdSettings
    from hpcmlff.store.store import Store


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


def run_all(given: Path, words: Sequence[str], order: MdOrder, *, as_json: bool) -> int:
    """Run dynamics with several models, one after the other; return the exit code.

    Parameters
    ----------
    given
        A store's folder or a grid file.
    words
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
    cells = finished_cells(store, words, console.say)
    if order.out is not None:
        if len(cells) > 1:
            what = f"one file for the trajectories of {len(cells)} cells"
            raise StoreError(what, where=str(order.out), hint="Name one cell")
        check_target(order.out, overwrite=order.force)
    one = _One(store=store, order=order, origin=origin(Allocation(threads=order.threads)))
    series = Series(store=store)
    series.run(cells, order.threads, one.simulate)
    return series.show(dynamics_section(series.summaries), as_json=as_json)


@dataclass(frozen=True, kw_only=True, slots=True)
class _One:
    store: Store
    order: MdOrder
    origin: dict[str, Any]

    def simulate(
        self, force_field: ForceField, should_stop: ShouldStop
    ) -> tuple[dict[str, Any] | None, Path | None]:
        start = start_frame(force_field, self.order.frame)
        with showing(force_field.cell.label) as tell:
            watch = Watch(tell=tell, should_stop=should_stop, origin=self.origin)
            summary, folder = run_dynamics(
                self.store, force_field, self.order.settings, start, watch
            )
        if summary is not None and self.order.plots:
            write_plots(dynamics_section([summary]).plots, folder.path)
        if summary is not None and self.order.out is not None:
            write_trajectory(folder, self.order.out)
        return summary, folder.path

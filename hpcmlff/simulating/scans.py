"""Scans with several models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcmlff import console
from hpcmlff.data.generate.gfn2 import NAME
from hpcmlff.data.generate.showing import showing
from hpcmlff.data.readers.source import read_frames
from hpcmlff.finding import find_store
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.scans import scans_section
from hpcmlff.simulating.series import Series
from hpcmlff.simulation.watch import Watch
from hpcmlff.worker.scanning import GivenPath, Scanner
from hpcmlff.worker.trained import finished_cells, start_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.spec.grid import Units
    from hpcmlff.spec.scan import ScanRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanOrder:
    """What is wanted of every cell."""

    request: ScanRequest
    """The coordinate, its range and so on."""
    reference: Path | None
    """File of frames in place of the reference method."""
    units: Units | None
    """Units of that file, if it does not state them."""
    frame: int | None
    """Frame to start from; None for that with the lowest energy."""
    threads: int
    """Threads of the numerical libraries."""
    plots: bool
    """Whether figures are drawn."""


def scan_all(given: Path, words: Sequence[str], order: ScanOrder, *, as_json: bool) -> int:
    """Scan with several models, one after the other; return the exit code.

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
        None of the cells is done, or the store cannot be written.
    DataError
        The coordinate is none of the molecule, or there is no reference for its data.
    """
    store = find_store(given)
    cells = finished_cells(store, words, console.say)
    scanner = Scanner(store=store, request=order.request, reference=_reference(order))
    series = Series(store=store)
    series.run(cells, order.threads, _One(scanner=scanner, order=order).simulate)
    return series.show(scans_section(series.summaries), as_json=as_json)


def _reference(order: ScanOrder) -> GivenPath | None:
    if order.reference is None:
        return None
    frames = read_frames(order.reference, units=order.units).frames
    return GivenPath(name=str(order.reference), frames=frames)


@dataclass(frozen=True, kw_only=True, slots=True)
class _One:
    scanner: Scanner
    order: ScanOrder

    def simulate(
        self, force_field: ForceField, should_stop: ShouldStop
    ) -> tuple[dict[str, Any] | None, Path | None]:
        start = start_frame(force_field, self.order.frame)
        with showing(f"{force_field.cell.molecule} by {NAME}") as tell:
            watch = Watch(tell=tell, should_stop=should_stop)
            summary, folder = self.scanner.scan(force_field, start, watch)
        if summary is not None and folder is not None and self.order.plots:
            write_plots(scans_section([summary]).plots, folder)
        return summary, folder

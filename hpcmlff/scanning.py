"""What `scan` does: finds models, makes the path, shows what they predict along it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hpcmlff import console
from hpcmlff.data.generate.gfn2 import NAME
from hpcmlff.data.generate.showing import showing
from hpcmlff.data.readers.source import read_frames
from hpcmlff.errors import EXIT_INTERRUPTED, DataError
from hpcmlff.finding import find_store
from hpcmlff.interrupting import stop_when_asked
from hpcmlff.models.protocol import Allocation
from hpcmlff.report.drawing import write_plots
from hpcmlff.report.scans import scans_section
from hpcmlff.report.terminal_section import render_section
from hpcmlff.simulation.bonds import find_bonds
from hpcmlff.simulation.coordinate import Coordinate, find_bridge
from hpcmlff.simulation.driving import Drive
from hpcmlff.simulation.reference_path import ReferencePath, path_of_frames
from hpcmlff.simulation.scan import run_scan, scan_id
from hpcmlff.simulation.watch import Watch
from hpcmlff.spec.canonical import digest
from hpcmlff.spec.scan import ScanSettings
from hpcmlff.worker.trained import finished_cells, load_force_field, start_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.models.protocol import ShouldStop
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.spec.cells import Cell
    from hpcmlff.spec.grid import Units
    from hpcmlff.store.store import Store

PATH_FORMAT = 1
"""Raised when equal settings give other geometries."""

BRIDGE_DEG = {"rotation": (180.0, 0.0), "inversion": (117.0, 170.0)}
"""Ends of the named scans: azobenzene's CNNC dihedral from trans to cis, its CNN angle from the
minimum to nearly linear, where it is no coordinate any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanOrder:
    """What is wanted of every cell."""

    bridge: str
    """``rotation`` or ``inversion`` of a bridge C-N-N-C; empty where atoms are named."""
    settings: dict[str, Any]
    """Settings as far as they are given; see `ScanSettings`."""
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


def scan_all(given: Path, names: Sequence[str], order: ScanOrder, *, as_json: bool) -> int:
    """Scan with several models, one after the other; return the exit code.

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
        None of the cells is done, or the store cannot be written.
    DataError
        The coordinate is none of the molecule, or there is no reference for its data.
    """
    store = find_store(given)
    cells = finished_cells(store, names, console.say)
    summaries: list[dict[str, Any]] = []
    with stop_when_asked() as should_stop:
        scanner = _Scanner(store=store, order=order, should_stop=should_stop)
        for cell in cells:
            summary = scanner.scan(cell)
            if summary is None:
                console.say("stopped; what is done is kept: the same command goes on")
                return EXIT_INTERRUPTED
            summaries.append(summary)
    _show(store, summaries, as_json=as_json)
    return 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Scanner:
    """Scans cell after cell; the path of a molecule is made once."""

    store: Store
    order: ScanOrder
    should_stop: ShouldStop
    paths: dict[str, ReferencePath] = field(default_factory=dict)

    def scan(self, cell: Cell) -> dict[str, Any] | None:
        force_field = load_force_field(self.store, cell, Allocation(threads=self.order.threads))
        start = start_frame(force_field, self.order.frame)
        settings = self._settings(force_field, start)
        coordinate = Coordinate(atoms=tuple(settings.atoms))
        if cell.molecule not in self.paths:
            found = self._path(force_field, settings, start)
            if found is None:
                return None
            self.paths[cell.molecule] = found
        path = self.paths[cell.molecule]
        own = self.order.reference is None
        facts = {
            "coordinate": coordinate.name(force_field.species),
            "atoms": settings.atoms,
            "reference": NAME if own else str(self.order.reference),
            "relaxed": settings.relaxed if own else None,
        }
        identity = scan_id(force_field, path, facts)
        folder = self.store.cell(cell).simulation("scan", identity)
        summary = run_scan(force_field, path, facts, folder)
        if self.order.plots:
            write_plots(scans_section([summary]).plots, folder)
        return summary | {"folder": str(folder)}

    def _settings(self, force_field: ForceField, start: int) -> ScanSettings:
        settings = self.order.settings
        if self.order.bridge:
            bridge = find_bridge(force_field.species, find_bonds(force_field.frames, start))
            first_deg, last_deg = BRIDGE_DEG[self.order.bridge]
            atoms = bridge if self.order.bridge == "rotation" else bridge[:3]
            named = {"atoms": list(atoms), "first_deg": first_deg, "last_deg": last_deg}
            settings = named | settings
        try:
            return ScanSettings(**settings)
        except ValidationError as error:
            raise DataError(
                str(error.errors()[0]["msg"]), where=force_field.cell.molecule
            ) from None

    def _path(
        self, force_field: ForceField, settings: ScanSettings, start: int
    ) -> ReferencePath | None:
        if self.order.reference is not None:
            source = read_frames(self.order.reference, units=self.order.units)
            return path_of_frames(
                force_field, source.frames, Coordinate(atoms=tuple(settings.atoms))
            )
        cell = force_field.cell
        identity = {
            "format": PATH_FORMAT,
            "dataset": cell.dataset,
            "start": start,
            "settings": settings.model_dump(),
        }
        drive = Drive(
            frames=force_field.frames,
            start=start,
            bonds=find_bonds(force_field.frames, start),
            settings=settings,
        )
        file = self.store.layout.scan(cell.molecule, digest(identity))
        with showing(f"{cell.molecule} by {NAME}") as tell:
            return drive.run(file, Watch(tell=tell, should_stop=self.should_stop))


def _show(store: Store, summaries: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        console.emit_json({"scans": summaries})
        return
    terminal = console.terminal()
    for part in render_section(scans_section(summaries)):
        terminal.print(part)
    for summary in summaries:
        console.say(str(summary["folder"]))
    console.say(console.next_step("hpcmlff.collect", store.path))

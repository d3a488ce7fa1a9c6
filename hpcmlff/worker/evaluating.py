"""What a grid asks of finished cells beside test errors: dynamics, scans."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.spec.dynamics import MdSettings
from hpcmlff.spec.scan import ScanRequest

if TYPE_CHECKING:
    from hpcmlff.models.protocol import Allocation
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.simulation.run_folder import RunFolder
    from hpcmlff.simulation.watch import Watch
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Simulations that a grid asks for."""

    md: MdSettings | None
    """Dynamics."""
    scan: ScanRequest | None
    """A scan."""

    def __bool__(self) -> bool:
        return self.md is not None or self.scan is not None


def wanted(grid: Mapping[str, Any]) -> Wanted:
    """Return what a frozen grid asks for; grids of older versions ask for nothing.

    Parameters
    ----------
    grid
        The grid's content, defaults included.
    """
    asked = grid.get("evaluate", ())
    md = json.dumps(grid["md"]) if "md" in asked else None
    scan = json.dumps(grid["scan"]) if "scan" in asked else None
    return Wanted(
        md=None if md is None else MdSettings.model_validate_json(md),
        scan=None if scan is None else ScanRequest.model_validate_json(scan),
    )


def evaluate(
    store: Store, asked: Wanted, cell: Cell, allocation: Allocation, watch: Watch
) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Run the simulations of a finished cell that are missing.

    Parameters
    ----------
    store
        The store.
    asked
        What is asked for.
    cell
        The cell.
    allocation
        Threads, memory and device.
    watch
        Who is told, and who may stop it.

    Yields
    ------
    kind
        ``md`` or ``scan``.
    summary
        What came of it; None if it was stopped.

    Raises
    ------
    HpcmlffError
        A simulation cannot be run.
    """
    from hpcmlff.worker.scanning import Scanner
    from hpcmlff.worker.trained import load_force_field

    if not asked:
        return
    force_field = load_force_field(store, cell, allocation)
    start = force_field.lowest_frame()
    if asked.md is not None:
        yield "md", run_dynamics(store, force_field, asked.md, start, watch)[0]
    if asked.scan is not None:
        scanner = Scanner(store=store, request=asked.scan)
        yield "scan", scanner.scan(force_field, start, watch)[0]


def run_dynamics(
    store: Store, force_field: ForceField, settings: MdSettings, start: int, watch: Watch
) -> tuple[dict[str, Any] | None, RunFolder]:
    """Run dynamics with a cell's model, in the cell's folder.

    Parameters
    ----------
    store, force_field
        The store, and the model of one of its cells.
    settings
        Thermostat, time step and so on.
    start
        Number of the frame to begin with.
    watch
        Who is told, and who may stop it.

    Returns
    -------
    summary
        What came of it; None if it was stopped.
    folder
        Where it is kept.

    Raises
    ------
    StoreError
        Another process is at this run, or the store cannot be written.
    """
    # Imported when dynamics are run: it loads much of ASE.
    from hpcmlff.simulation.dynamics import run_id, run_md
    from hpcmlff.simulation.run_folder import RunFolder

    identity = run_id(force_field, settings, start)
    folder = RunFolder(store.cell(force_field.cell).simulation("md", identity))
    return run_md(force_field, settings, start, folder, watch), folder

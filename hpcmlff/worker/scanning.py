"""Scans with the models of cells, kept beside them: shared by commands and jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hpcmlff.data.generate.gfn2 import NAME
from hpcmlff.errors import DataError
from hpcmlff.simulation.bonds import find_bonds
from hpcmlff.simulation.coordinate import Coordinate, find_bridge
from hpcmlff.simulation.reference_path import ReferencePath, path_of_frames
from hpcmlff.spec.canonical import digest

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.frames import Frames
    from hpcmlff.simulation.force_field import ForceField
    from hpcmlff.simulation.watch import Watch
    from hpcmlff.spec.scan import ScanRequest, ScanSettings
    from hpcmlff.store.store import Store

PATH_FORMAT = 1
"""Raised when equal settings give other geometries."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenPath:
    """Frames that a user has calculated, in place of a path made here."""

    name: str
    """Their file."""
    frames: Frames
    """The frames, in their order along the path."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scanner:
    """Scans with one model after the other; equal paths are made once."""

    store: Store
    """The store."""
    request: ScanRequest
    """The coordinate, its range and so on."""
    reference: GivenPath | None = None
    """Frames to take instead of making some."""
    paths: dict[str, ReferencePath] = field(default_factory=dict)
    """By what decides them, the paths so far."""

    def scan(
        self, force_field: ForceField, start: int, watch: Watch
    ) -> tuple[dict[str, Any] | None, Path | None]:
        """Scan with a cell's model, in the cell's folder.

        Parameters
        ----------
        force_field
            The model.
        start
            Number of the frame to begin with.
        watch
            Told of the points that are made; may stop it.

        Returns
        -------
        summary
            What came of it; None if it was stopped.
        folder
            Where it is kept; None if it was stopped.

        Raises
        ------
        DataError
            The coordinate is none of the molecule, the data are of another method than
            GFN2-xTB, or a calculation failed.
        StoreError
            The store cannot be written.
        """
        from hpcmlff.simulation.scan import run_scan, scan_id

        settings = self._settings(force_field, start)
        path = self._path(force_field, settings, start, watch)
        if path is None:
            return None, None
        own = self.reference is None
        facts = {
            "coordinate": Coordinate(atoms=tuple(settings.atoms)).name(force_field.species),
            "atoms": settings.atoms,
            "reference": NAME if self.reference is None else self.reference.name,
            "relaxed": settings.relaxed if own else None,
        }
        cell = self.store.cell(force_field.cell)
        folder = cell.simulation("scan", scan_id(force_field, path, facts))
        return run_scan(force_field, path, facts, folder), folder

    def _settings(self, force_field: ForceField, start: int) -> ScanSettings:
        bridge = None
        if self.request.path is not None:
            bridge = find_bridge(force_field.species, find_bonds(force_field.frames, start))
        try:
            return self.request.settings(bridge)
        except ValidationError as error:
            what = str(error.errors()[0]["msg"])
            raise DataError(what, where=force_field.cell.molecule) from None

    def _path(
        self, force_field: ForceField, settings: ScanSettings, start: int, watch: Watch
    ) -> ReferencePath | None:
        cell = force_field.cell
        identity = digest(
            {
                "format": PATH_FORMAT,
                "dataset": cell.dataset,
                "start": start,
                "settings": settings.model_dump(),
            }
        )
        if identity not in self.paths:
            made = self._made(force_field, settings, start, watch, identity)
            if made is None:
                return None
            self.paths[identity] = made
        return self.paths[identity]

    def _made(
        self,
        force_field: ForceField,
        settings: ScanSettings,
        start: int,
        watch: Watch,
        identity: str,
    ) -> ReferencePath | None:
        if self.reference is not None:
            coordinate = Coordinate(atoms=tuple(settings.atoms))
            return path_of_frames(force_field, self.reference.frames, coordinate)
        from hpcmlff.simulation.driving import Drive

        drive = Drive(
            frames=force_field.frames,
            start=start,
            bonds=find_bonds(force_field.frames, start),
            settings=settings,
        )
        return drive.run(self.store.layout.scan(force_field.cell.molecule, identity), watch)

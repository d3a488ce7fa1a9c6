"""Settings of a scan along one internal coordinate."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hpcmlff.spec.strict import Strict

BRIDGE_DEG = {"rotation": (180.0, 0.0), "inversion": (117.0, 170.0)}
"""Ends of the named scans: azobenzene's CNNC dihedral from trans to cis, its CNN angle from the
minimum to nearly linear, where it is no coordinate any more."""


class ScanSettings(Strict):
    """All that decides the geometries of a scan, beside the molecule and the start."""

    atoms: list[Annotated[int, Field(ge=0)]] = Field(min_length=3, max_length=4)
    """Three atoms of an angle or four of a dihedral, counted from 0."""
    first_deg: float
    """Where it begins."""
    last_deg: float
    """Where it ends."""
    points: int = Field(default=37, ge=2)
    """Geometries, both ends included."""
    relaxed: bool = True
    """Whether everything else is relaxed by the reference method at each point."""
    charge: int = 0
    """Total charge of the molecule, elementary charges."""

    @model_validator(mode="after")
    def _sensible(self) -> ScanSettings:
        if len(set(self.atoms)) < len(self.atoms):
            raise ValueError(f"atoms {self.atoms}: one is named twice")
        if self.first_deg == self.last_deg:
            raise ValueError("the scan ends where it begins")
        if len(self.atoms) == 3 and not all(
            0 < end < 180 for end in (self.first_deg, self.last_deg)
        ):
            raise ValueError("an angle is between 0 and 180 degrees, both excluded")
        return self


class ScanRequest(Strict):
    """A scan as users ask for it, whatever the molecule's atoms are called."""

    path: Literal["rotation", "inversion"] | None = None
    """Of a bridge C-N-N-C, as azobenzene's: its dihedral, or the first of its angles."""
    atoms: list[Annotated[int, Field(ge=0)]] | None = None
    """Or three atoms of an angle, or four of a dihedral, counted from 0."""
    first_deg: float | None = None
    """Where it begins; a named path has ends of its own."""
    last_deg: float | None = None
    """Where it ends."""
    points: int = Field(default=37, ge=2)
    """Geometries, both ends included."""
    relaxed: bool = True
    """Whether everything else is relaxed by the reference method at each point."""
    charge: int = 0
    """Total charge of the molecule, elementary charges."""

    @model_validator(mode="after")
    def _one_coordinate(self) -> ScanRequest:
        if (self.path is None) == (self.atoms is None):
            raise ValueError("a scan needs either 'path' or 'atoms'")
        if self.path is None and (self.first_deg is None or self.last_deg is None):
            raise ValueError("a scan of named atoms needs 'first_deg' and 'last_deg'")
        # What does not depend on the molecule is said at once.
        self.settings((0, 1, 2, 3))
        return self

    def settings(self, bridge: tuple[int, int, int, int] | None) -> ScanSettings:
        """Return the settings for a molecule.

        Parameters
        ----------
        bridge
            Its atoms C, N, N, C; needed for a named path.

        Raises
        ------
        ValueError
            The coordinate or its range is none.
        """
        atoms, ends = self.atoms or [], [self.first_deg, self.last_deg]
        if self.path is not None and bridge is not None:
            atoms = list(bridge if self.path == "rotation" else bridge[:3])
            ends = [
                own if given is None else given
                for given, own in zip(ends, BRIDGE_DEG[self.path], strict=True)
            ]
        return ScanSettings.model_validate(
            {
                "atoms": atoms,
                "first_deg": ends[0],
                "last_deg": ends[1],
                "points": self.points,
                "relaxed": self.relaxed,
                "charge": self.charge,
            }
        )

"""Settings of a scan along one internal coordinate."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from hpcmlff.spec.strict import Strict


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

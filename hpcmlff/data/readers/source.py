"""Read a file of frames in stated units into the library's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from hpcmlff.data.frames import Frames
from hpcmlff.data.readers.recognise import FORMATS, recognise
from hpcmlff.errors import DataError, nearest
from hpcmlff.spec.grid import Units
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM, energy_unit, length_unit

if TYPE_CHECKING:
    from pathlib import Path

    from hpcmlff.data.readers.raw import Raw

UnitOrigin = Literal["stated by the user", "stated by the file"]

UNITS_HINT = "Write in grid.yaml, under the molecule: units: {energy: kcal/mol, length: angstrom}"
"""What to do where nobody states the units."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Source:
    """A file's frames and where they come from."""

    frames: Frames
    """The frames, kcal/mol and Å."""
    path: Path
    """The file."""
    format: str
    """One of `recognise.FORMATS`."""
    sha256: str
    """SHA-256 of the file, 64 hex digits."""
    units: Units
    """Units of the file's numbers."""
    unit_origin: UnitOrigin
    """Who stated them."""


def read_frames(path: Path, *, format: str | None = None, units: Units | None = None) -> Source:  # noqa: A002
    """Read all frames of a file.

    Parameters
    ----------
    path
        The file.
    format
        One of `recognise.FORMATS`; told from the file if left out.
    units
        Units of the file's numbers; may be left out if the file states them.

    Returns
    -------
    Source
        The frames in kcal/mol and Å, and their origin.

    Raises
    ------
    DataError
        The file is missing, malformed or of unknown format; units are stated by
        nobody, or differently by user and file.
    """
    name = format or recognise(path)
    if name not in FORMATS:
        raise DataError(f"unknown format {name!r}", where=str(path), hint=nearest(name, FORMATS))
    # Each reader is imported when needed: ASE alone takes longer than most commands.
    reader = import_module(f"hpcmlff.data.readers.{name.replace('-', '_')}")
    raw: Raw = reader.read(path)
    settled, origin = _settle(path, raw, units)
    return Source(
        frames=_convert(raw, settled),
        path=path,
        format=name,
        sha256=_sha256(path),
        units=settled,
        unit_origin=origin,
    )


def _settle(path: Path, raw: Raw, stated: Units | None) -> tuple[Units, UnitOrigin]:
    """Return the units that user or file state; a contradiction is an error."""
    try:
        file = _canonical(raw.energy_unit, raw.length_unit)
        user = _canonical(stated.energy, stated.length) if stated else (None, None)
    except DataError as error:
        raise DataError(error.what, where=str(path), hint=error.hint) from None
    for kind, mine, theirs in zip(("energy", "length"), user, file, strict=True):
        if mine and theirs and mine != theirs:
            what = f"the file states the {kind} unit {theirs}, the grid {mine}"
            raise DataError(what, where=str(path), hint="Leave out 'units' or correct them")
    energy, length = user[0] or file[0], user[1] or file[1]
    if energy is None or length is None:
        raise DataError("nobody states the units", where=str(path), hint=UNITS_HINT)
    origin: UnitOrigin = "stated by the file" if all(file) else "stated by the user"
    return Units(energy=energy, length=length), origin


def _canonical(energy: str | None, length: str | None) -> tuple[str | None, str | None]:
    return energy and energy_unit(energy), length and length_unit(length)


def _convert(raw: Raw, units: Units) -> Frames:
    energy, length = ENERGY_KCAL_MOL[units.energy], LENGTH_ANGSTROM[units.length]
    return Frames(
        species=raw.species,
        positions=raw.positions * length,
        energies=raw.energies * energy,
        forces=raw.forces * (energy / length),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

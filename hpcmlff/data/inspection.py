"""What ``inspect`` shows of a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff import console
from hpcmlff.data.checks import check_frames
from hpcmlff.data.findings import Finding
from hpcmlff.data.readers.source import UNITS_HINT, Source, read_frames
from hpcmlff.errors import DataError
from hpcmlff.spec.grid import Units

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_STYLE = {"error": "bold red", "warning": "yellow", "note": "dim"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Inspection:
    """A file's frames and what the checks say."""

    source: Source
    """Frames and origin."""
    findings: list[Finding]
    """Errors first."""

    @property
    def exit_code(self) -> int:
        """3 if there is an error among the findings, else 0."""
        wrong = any(one.severity == "error" for one in self.findings)
        return DataError.exit_code if wrong else 0

    @property
    def formula(self) -> str:
        """Hill's formula, such as ``C2H5NO2``."""
        from ase.symbols import Symbols

        return str(Symbols(self.source.frames.species).get_chemical_formula(mode="hill"))

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values; energies in kcal/mol, forces in kcal/mol/Å."""
        source, frames = self.source, self.source.frames
        size = np.linalg.norm(frames.forces, axis=2)
        return {
            "file": str(source.path),
            "format": source.format,
            "sha256": source.sha256,
            "frames": len(frames),
            "atoms": frames.n_atoms,
            "formula": self.formula,
            "units": source.units.model_dump(),
            "unit_origin": source.unit_origin,
            "energy_kcal_mol": _range(frames.energies),
            "force_kcal_mol_ang": _range(size),
            "findings": [asdict(one) for one in self.findings],
        }


def _range(values: NDArray[np.float64]) -> dict[str, float]:
    numbers = {"min": values.min(), "max": values.max(), "mean": values.mean(), "std": values.std()}
    return {name: float(number) for name, number in numbers.items()}


def inspect_file(path: Path, format_: str | None, units: tuple[str, str] | None) -> Inspection:
    """Read a file and check it.

    Parameters
    ----------
    path
        The file.
    format_
        Its format; told from the file if None.
    units
        Energy and length unit; None if the file states them.

    Raises
    ------
    DataError
        The file is wrong, or nobody states the units.
    """
    stated = Units(energy=units[0], length=units[1]) if units else None
    try:
        source = read_frames(path, format=format_, units=stated)
    except DataError as error:
        if error.hint == UNITS_HINT:
            error.hint = "Give --energy-unit and --length-unit, such as kcal/mol and angstrom"
        raise
    return Inspection(source=source, findings=check_frames(source.frames))


def show(found: Inspection) -> None:
    """Print a table for people on stdout, findings below."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=str(found.source.path), show_header=False, title_justify="left")
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in _rows(found):
        table.add_row(name, value)
    screen = console.terminal()
    screen.print(table)
    for one in found.findings:
        screen.print(Text(f"{one.severity}: {one.text} [{one.code}]", style=_STYLE[one.severity]))


def _rows(found: Inspection) -> list[tuple[str, str]]:
    facts = found.as_json()
    energy, force, units = facts["energy_kcal_mol"], facts["force_kcal_mol_ang"], facts["units"]
    return [
        ("format", facts["format"]),
        ("frames", str(facts["frames"])),
        ("molecule", f"{facts['formula']}, {facts['atoms']} atoms"),
        ("units", f"{units['energy']} and {units['length']}, {facts['unit_origin']}"),
        (
            "energy, kcal/mol",
            f"{energy['min']:.3f} to {energy['max']:.3f}, std {energy['std']:.3f}",
        ),
        ("force on an atom, kcal/mol/Å", f"{force['min']:.3g} to {force['max']:.3g}"),
        ("sha256", facts["sha256"]),
    ]

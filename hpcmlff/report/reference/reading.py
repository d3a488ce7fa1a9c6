"""Errors that others reported: what a file of them says, and the table it gives."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import Field, model_validator

from hpcmlff import yamlio
from hpcmlff.errors import InputError, nearest
from hpcmlff.spec.grid import Name, Units
from hpcmlff.spec.strict import Strict
from hpcmlff.units import ENERGY_KCAL_MOL, LENGTH_ANGSTROM, energy_unit, length_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

METRICS = {
    "energy_rmse": "energy_rmse_kcal_mol",
    "energy_mae": "energy_mae_kcal_mol",
    "force_rmse": "force_rmse_kcal_mol_ang",
    "force_mae": "force_mae_kcal_mol_ang",
}
"""Keys of a file, and the columns of result rows that they stand beside."""

COLUMNS = ("label", "model", "molecule", "size", "metric", "value")
"""Columns of `table`."""

Errors = list[Annotated[float, Field(gt=0)]] | None
"""One number for each size, in the file's units."""


class Curve(Strict):
    """Errors of one model on one molecule."""

    model: str = Field(min_length=1)
    """Such as ``schnet``; one of the grid's gets its colour."""
    molecule: Name
    """As the grid calls it."""
    size: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    """Training frames."""
    energy_rmse: Errors = None
    """Per molecule."""
    energy_mae: Errors = None
    """Per molecule."""
    force_rmse: Errors = None
    """Per Cartesian component."""
    force_mae: Errors = None
    """Per Cartesian component."""

    @model_validator(mode="after")
    def _equal_lengths(self) -> Curve:
        for name, values in self.errors():
            if len(values) != len(self.size):
                raise ValueError(f"{name} has {len(values)} numbers for {len(self.size)} sizes")
        return self

    def errors(self) -> Iterator[tuple[str, list[float]]]:
        """Yield the errors it has, by their keys."""
        found = ((name, getattr(self, name)) for name in METRICS)
        yield from ((name, values) for name, values in found if values is not None)


class Reference(Strict):
    """One source of errors."""

    label: str = Field(min_length=1)
    """What legends and tables call it."""
    source: str = Field(min_length=1)
    """Where the numbers are from."""
    measured: str = Field(min_length=1)
    """What they are errors of."""
    units: Units
    """Of all its numbers."""
    curves: list[Curve] = Field(min_length=1)
    """The errors."""


def shipped() -> dict[str, Path]:
    """Return the references that come along, by name."""
    folder = Path(str(resources.files("hpcmlff.report.reference")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read(named: str) -> Reference:
    """Read a reference by the name of one that comes along, or from a file of one's own.

    Raises
    ------
    InputError
        There is no such file, or it is wrong.
    """
    known = shipped()
    if named not in known and not named.endswith((".yaml", ".yml")):
        hint = f"{nearest(named, known)} A file of your own ends in .yaml".strip()
        raise InputError(f"there is no reference {named!r}", hint=hint)
    document = yamlio.read(known.get(named, Path(named)), InputError)
    with document.locating():
        found = document.parse(Reference)
        _factors(found.units)
    return found


def table(references: Iterable[Reference]) -> pd.DataFrame:
    """Return all errors in the library's units.

    Parameters
    ----------
    references
        What was read.

    Returns
    -------
    DataFrame
        One row a number: ``label model molecule size metric value``; ``metric`` is a column of
        result rows, ``value`` in its unit.
    """
    return pd.DataFrame([line for one in references for line in _lines(one)], columns=COLUMNS)


def _lines(reference: Reference) -> Iterator[tuple[str, str, str, int, str, float]]:
    energy, force = _factors(reference.units)
    for curve in reference.curves:
        for name, values in curve.errors():
            factor = energy if name.startswith("energy") else force
            for size, value in zip(curve.size, values, strict=True):
                where = (reference.label, curve.model, curve.molecule, size, METRICS[name])
                yield (*where, value * factor)


def _factors(units: Units) -> tuple[float, float]:
    """Return one unit of energy in kcal/mol, and one of force in kcal/mol/Å."""
    energy = ENERGY_KCAL_MOL[energy_unit(units.energy)]
    return energy, energy / LENGTH_ANGSTROM[length_unit(units.length)]

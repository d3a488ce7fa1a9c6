"""ASE databases: plain ones, and those SchNetPack writes.

SchNetPack keeps ``_property_unit_dict`` and ``_distance_unit`` in the metadata and
its properties in each row's data (schnetpack.data.atoms, version 2). Rows of a plain
database are in eV and Å by ASE's convention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.data.readers.extxyz import refuse_periodic, scalar
from hpcmlff.data.readers.raw import OneFrame, Raw, place, stack
from hpcmlff.errors import DataError
from hpcmlff.units import energy_unit, length_unit

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> Raw:
    """Read all frames of a database, in the order of their row numbers.

    Parameters
    ----------
    path
        The database.

    Raises
    ------
    DataError
        It cannot be read, a row has no energy or forces, is periodic or of another
        molecule, or the stated units do not belong together.
    """
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    metadata, rows = _rows(path)
    if not rows:
        raise DataError("there are no frames", where=str(path))
    units = metadata.get("_property_unit_dict")
    names = _names(path, units) if units else {"energy": "energy", "forces": "forces"}
    raw = stack(path, [_frame(row, names, place(path, n + 1)) for n, row in enumerate(rows)])
    if units:
        energy, length = _stated(path, metadata, names)
        return replace(raw, energy_unit=energy, length_unit=length)
    if any("energy" in row.data or "forces" in row.data for row in rows):
        return raw  # Values beside ASE's own columns do not follow its convention.
    return replace(raw, energy_unit="eV", length_unit="angstrom")


def _rows(path: Path) -> tuple[Mapping[str, Any], list[Any]]:
    from ase.db import connect

    kind = "json" if path.suffix == ".json" else "db"
    try:
        with connect(path, type=kind, use_lock_file=False) as database:
            return database.metadata, list(database.select(sort="id"))
    except Exception as found:  # noqa: BLE001 - sqlite3, json and ASE each raise their own
        raise DataError(f"is not an ASE database: {found}", where=str(path)) from None


def _names(path: Path, units: Mapping[str, str]) -> dict[str, str]:
    """Return under which names SchNetPack's energy and forces are kept."""
    by_lower = {name.lower(): name for name in units}
    for name in ("energy", "forces"):
        if name not in by_lower:
            hint = f"It has: {', '.join(sorted(units))}"
            raise DataError(f"has no property named {name!r}", where=str(path), hint=hint)
    return {name: by_lower[name] for name in ("energy", "forces")}


def _frame(row: Any, names: Mapping[str, str], where: str) -> OneFrame:
    refuse_periodic(row.pbc, where)
    return OneFrame(
        species=np.asarray(row.numbers, dtype=np.int64),
        positions=np.asarray(row.positions, dtype=np.float64),
        energy=scalar(_value(row, names["energy"], where), where),
        forces=np.asarray(_value(row, names["forces"], where), dtype=np.float64),
    )


def _value(row: Any, name: str, where: str) -> Any:
    if name in row.data:
        return row.data[name]
    value = row.get(name)
    if value is None:
        raise DataError(f"{name} missing", where=where)
    return value


def _stated(path: Path, metadata: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str]:
    """Return the stated units after checking that forces are energy over length."""
    units = metadata["_property_unit_dict"]
    if "_distance_unit" not in metadata:
        raise DataError("states no '_distance_unit'", where=str(path))
    energy, length = units[names["energy"]], metadata["_distance_unit"]
    found = units[names["forces"]]
    above, _, below = found.rpartition("/")
    try:
        same = (energy_unit(above), length_unit(below)) == (
            energy_unit(energy),
            length_unit(length),
        )
    except DataError as error:
        raise DataError(error.what, where=str(path), hint=error.hint) from None
    if not same:
        what = f"forces are in {found}, expected {energy}/{length}, energy over length"
        raise DataError(what, where=str(path))
    return energy, length

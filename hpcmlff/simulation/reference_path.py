"""The geometries of a scan, with what the reference method says of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import DataError, StoreError
from hpcmlff.store.image import Content, from_image, to_image
from hpcmlff.store.publishing import publish
from hpcmlff.store.sealed import read_verified, seal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.simulation.coordinate import Coordinate
    from hpcmlff.simulation.force_field import ForceField

_GROUP = "path/"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReferencePath:
    """Geometries along a coordinate."""

    values_deg: NDArray[np.float64]
    """``(n_points,)``, the coordinate."""
    positions_ang: NDArray[np.float64]
    """``(n_points, n_atoms, 3)``, Å."""
    energies_kcal_mol: NDArray[np.float64]
    """``(n_points,)``, by the reference method."""
    forces_kcal_mol_ang: NDArray[np.float64]
    """``(n_points, n_atoms, 3)``, by the reference method, nothing held."""
    settled: NDArray[np.bool_]
    """``(n_points,)``, whether the relaxation came to an end; true where there was none."""

    def __len__(self) -> int:
        return len(self.values_deg)

    @property
    def digest(self) -> str:
        """SHA-256 of all arrays, 64 hex digits."""
        hasher = hashlib.sha256()
        for array in self.as_plain().values():
            hasher.update(array.tobytes())
        return hasher.hexdigest()

    def as_plain(self) -> dict[str, NDArray[Any]]:
        """Return the arrays under the names they have in files."""
        return {_GROUP + one.name: getattr(self, one.name) for one in fields(self)}

    def extended(self, point: ReferencePath) -> ReferencePath:
        """Return the path with the points of another one after it."""
        names = [one.name for one in fields(self)]
        return ReferencePath(
            **{n: np.concatenate([getattr(self, n), getattr(point, n)]) for n in names}
        )


def empty_path(n_atoms: int) -> ReferencePath:
    """Return a path without a point."""
    return ReferencePath(
        values_deg=np.zeros(0),
        positions_ang=np.zeros((0, n_atoms, 3)),
        energies_kcal_mol=np.zeros(0),
        forces_kcal_mol_ang=np.zeros((0, n_atoms, 3)),
        settled=np.zeros(0, dtype=bool),
    )


def keep_path(path: Path, found: ReferencePath, notes: Mapping[str, Any]) -> None:
    """Write a path, whole or not at all.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    image = to_image(Content(plain=found.as_plain(), notes=notes))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        publish(path, [seal(image, {"kind": "scan"}), image])
    except OSError as error:
        words = error.strerror or str(error)
        raise StoreError(f"cannot be written: {words}", where=str(path)) from None


def kept_path(path: Path, n_atoms: int) -> ReferencePath:
    """Return what was kept of a path; one that is missing or damaged has no points."""
    try:
        _, image = read_verified(path)
        plain = from_image(image, str(path)).plain
        names = [one.name for one in fields(ReferencePath)]
        return ReferencePath(**{name: plain[_GROUP + name] for name in names})
    except (StoreError, OSError, KeyError):
        return empty_path(n_atoms)


def path_of_frames(field: ForceField, source: Any, coordinate: Coordinate) -> ReferencePath:
    """Return frames that a user has calculated as a path.

    Parameters
    ----------
    field
        The model; its atoms and their order are those of the frames.
    source
        The frames, in their order along the path.
    coordinate
        The coordinate.

    Raises
    ------
    DataError
        The frames are of other atoms, or fewer than two.
    """
    field.check_species(source.species)
    if len(source) < 2:
        raise DataError(f"{len(source)} frames are no path, two are the least")
    if max(coordinate.atoms) >= source.n_atoms:
        raise DataError(f"there is no atom {max(coordinate.atoms)}")
    return ReferencePath(
        values_deg=coordinate.values(source.positions),
        positions_ang=source.positions,
        energies_kcal_mol=source.energies,
        forces_kcal_mol_ang=source.forces,
        settled=np.ones(len(source), dtype=bool),
    )

"""NumPy archives with the keys of sGDML, MD17 or rMD17.

Keys of sGDML and MD17: ``z``, ``R``, ``E``, ``F``, optionally ``r_unit``, ``e_unit``
and ``type`` (http://www.sgdml.org/doc). Keys of rMD17: ``nuclear_charges``,
``coords``, ``energies``, ``forces`` (Christensen and von Lilienfeld, Mach. Learn.:
Sci. Technol. 1, 045018).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from hpcmlff.data.readers.raw import Raw
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

STYLES = (("z", "R", "E", "F"), ("nuclear_charges", "coords", "energies", "forces"))
"""Names of species, positions, energies and forces, in either style."""


def read(path: Path) -> Raw:
    """Read all frames of a file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        The file is no archive of plain arrays, a key is missing, or a shape or a
        number is wrong.
    """
    arrays = _load(path)
    _only_dataset(path, arrays)
    species, positions, energies, forces = (arrays[name] for name in _style(path, arrays))
    shape = (len(_energies(path, energies)), species.size, 3)
    _shape(path, "species", species, (species.size,))
    _shape(path, "positions", positions, shape)
    _shape(path, "forces", forces, shape)
    if not shape[0]:
        raise DataError("there are no frames", where=str(path))
    _finite(path, positions, energies, forces)
    return Raw(
        species=_species(path, species),
        positions=positions.astype(np.float64),
        energies=energies.astype(np.float64).reshape(-1),
        forces=forces.astype(np.float64),
        energy_unit=_text(arrays, "e_unit"),
        length_unit=_text(arrays, "r_unit"),
    )


def _load(path: Path) -> Mapping[str, NDArray[Any]]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError("is one array, expected an npz archive", where=str(path))
            with archive:
                return {name: _plain(path, archive, name) for name in archive.files}
    except FileNotFoundError:
        raise DataError("no such file", where=str(path)) from None
    except (OSError, ValueError, EOFError, BadZipFile):
        raise DataError("is not an npz archive, or is damaged", where=str(path)) from None


def _plain(path: Path, archive: Any, name: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = archive[name]
    except ValueError:
        what = "the array holds Python objects, which are never loaded"
        raise DataError(what, where=f"{path}: {name}") from None
    return array


def _only_dataset(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    kind = _text(arrays, "type")
    if kind not in (None, "d"):
        what = f"is not an sGDML dataset (its type is {kind!r}, that of a dataset is 'd')"
        raise DataError(what, where=str(path))


def _style(path: Path, arrays: Mapping[str, NDArray[Any]]) -> tuple[str, ...]:
    begun = [style for style in STYLES if set(style) & set(arrays)]
    complete = [style for style in begun if set(style) <= set(arrays)]
    if len(complete) == 1:
        return complete[0]
    if complete:
        what = f"has both {', '.join(STYLES[0])} and {', '.join(STYLES[1])}"
        raise DataError(what, where=str(path), hint="Keep one set of keys in the file")
    wanted = begun[0] if len(begun) == 1 else None
    if wanted is None:
        what = f"has neither {', '.join(STYLES[0])} nor {', '.join(STYLES[1])}"
        raise DataError(what, where=str(path), hint=f"It has: {', '.join(sorted(arrays))}")
    missing = [name for name in wanted if name not in arrays]
    raise DataError(f"the key {missing[0]!r} is missing", where=str(path))


def _energies(path: Path, energies: NDArray[Any]) -> NDArray[Any]:
    if energies.ndim == 1 or (energies.ndim == 2 and energies.shape[1] == 1):
        return energies
    what = f"energies have the shape {energies.shape}, expected one number a frame"
    raise DataError(what, where=str(path))


def _shape(path: Path, what: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        text = f"{what} have the shape {array.shape}, expected {shape}"
        raise DataError(text, where=str(path))


def _finite(path: Path, *arrays: NDArray[Any]) -> None:
    for name, array in zip(("positions", "energies", "forces"), arrays, strict=True):
        if array.dtype.kind not in "fiu":
            raise DataError(f"{name} are not numbers ({array.dtype})", where=str(path))
        bad = np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))
        if len(bad):
            where = f"{path}: frame {bad[0] + 1}"
            raise DataError(f"{name}: a number is not finite", where=where)


def _species(path: Path, species: NDArray[Any]) -> NDArray[np.int64]:
    if species.dtype.kind not in "fiu" or not species.size:
        raise DataError("species are not atomic numbers", where=str(path))
    numbers = species.astype(np.int64)
    if (numbers != species).any() or numbers.min() < 1 or numbers.max() > 118:
        raise DataError("species are not atomic numbers from 1 to 118", where=str(path))
    return numbers


def _text(arrays: Mapping[str, NDArray[Any]], name: str) -> str | None:
    """Return a stored word; sGDML writes bytes or text, according to its version."""
    if name not in arrays:
        return None
    value = arrays[name].reshape(-1)[0]
    return value.decode() if isinstance(value, bytes) else str(value)

"""One packed HDF5 file with all that a paper needs, readable with h5py alone.

::

    /grid                       JSON: the grid as it was resolved
    /index                      one row a finished cell; units in the attribute ``units``
    /missing                    JSON: label and reason of every cell that is not in it
    /data/<molecule>/           species, positions, energies, forces, fixed/...
    /cells/<label>/notes        JSON: identity, settings, provenance, history, metrics
        split/ test/            frame numbers, predictions
        model/<name>            the model's arrays
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hpcmlff import __version__
from hpcmlff.errors import StoreError
from hpcmlff.files import replacing
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.columns import ROW, UNITS, row_of
from hpcmlff.store.datasets import read_frames
from hpcmlff.store.findings import Tell, quietly, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.checkpoints import Checkpoint
    from hpcmlff.store.frozen import FrozenGrid
    from hpcmlff.store.store import Store

EXPORT_FORMAT = 1
"""Raised when this layout changes."""

_FRAME_UNITS = {
    "positions": "angstrom",
    "energies": "kcal/mol",
    "forces": "kcal/mol/angstrom",
    "energies_kcal_mol": "kcal/mol",
    "forces_kcal_mol_ang": "kcal/mol/angstrom",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What an exported file holds."""

    path: Path
    """The file."""
    size_bytes: int
    """Its size."""
    n_cells: int
    """Finished cells in it."""
    missing: dict[str, str]
    """Label of every other cell of the grid, and why it is not in it."""


def export(store: Store, path: Path, *, models: bool = True, tell: Tell = quietly) -> Exported:
    """Write the finished cells of the grid in force to one new file.

    Parameters
    ----------
    store
        The store.
    path
        The file; its folder must exist.
    models
        Whether the models' arrays go in.
    tell
        Told how many cells are done.

    Raises
    ------
    StoreError
        The file exists or cannot be written, or frames are damaged.
    """
    if path.exists():
        raise StoreError("exists already", where=str(path), hint="Name a new file")
    frozen = store.current_grid()
    missing: dict[str, str] = {}
    with _written(path) as file:
        _describe(file, frozen)
        for molecule in frozen.molecules:
            _frames(file, store, molecule)
        rows = []
        for done, cell in enumerate(frozen.cells):
            tell(done, len(frozen.cells))
            if isinstance(found := _final(store, cell), str):
                missing[cell.label] = found
                continue
            _cell(file.create_group(f"cells/{cell.label}"), cell, found, models=models)
            rows.append(row_of(cell, found))
        tell(len(frozen.cells), len(frozen.cells))
        file["index"] = np.array(rows, dtype=ROW)
        file["index"].attrs["units"] = json.dumps(UNITS)
        file["missing"] = json.dumps(missing)
    size = path.stat().st_size
    return Exported(path=path, size_bytes=size, n_cells=len(rows), missing=missing)


@contextmanager
def _written(path: Path) -> Iterator[h5py.File]:
    try:
        with replacing(path) as temporary, h5py.File(temporary, "x", locking=False) as file:
            yield file
    except (OSError, RuntimeError) as error:
        # HDF5 tells of a full disk by a RuntimeError without a number.
        what = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        raise StoreError(what, where=str(path)) from None


def _describe(file: h5py.File, frozen: FrozenGrid) -> None:
    file.attrs["format"] = "hpcmlff-export"
    file.attrs["version"] = EXPORT_FORMAT
    file.attrs["hpcmlff"] = __version__
    file.attrs["grid_digest"] = frozen.digest
    file["grid"] = json.dumps({"grid": dict(frozen.grid), "molecules": dict(frozen.molecules)})


def _frames(file: h5py.File, store: Store, molecule: str) -> None:
    path = store.layout.dataset(molecule)
    try:
        found = read_frames(path)
    except OSError as error:
        raise StoreError(reason(error), where=str(path)) from None
    group = file.create_group(f"data/{molecule}")
    group.attrs["digest"], group.attrs["source"] = found.digest, found.source
    for name, array in found.arrays.items():
        _put(group, name, array)


def _final(store: Store, cell: Cell) -> Checkpoint | str:
    folder = store.cell(cell)
    try:
        folder.refuse_links()
        found = restore(folder)
    except StoreError as error:
        return reason(error).splitlines()[0]
    if found is None:
        return "no checkpoint yet"
    return found if found.final else "not done"


def _cell(group: h5py.Group, cell: Cell, found: Checkpoint, *, models: bool) -> None:
    group.attrs["cell_id"] = cell.id
    group.attrs["checkpoint_sha256"] = found.sha256
    group.attrs.update(found.content.notes.get("metrics", {}))
    group["notes"] = json.dumps(dict(found.content.notes))
    for name, array in found.content.plain.items():
        _put(group, name, array)
    for name, array in found.content.packed.items() if models else ():
        _put(group, f"model/{name.removeprefix('model.')}", array)


def _put(group: h5py.Group, name: str, array: Any) -> None:
    group[name] = array
    if (unit := _FRAME_UNITS.get(name.rsplit("/", 1)[-1])) is not None:
        group[name].attrs["unit"] = unit

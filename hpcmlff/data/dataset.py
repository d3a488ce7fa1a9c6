"""The canonical dataset: one HDF5 file that knows its own content's hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.data.fixed import SETS, FixedSets
from hpcmlff.data.frames import Frames
from hpcmlff.data.molecule import load_molecule
from hpcmlff.errors import DataError
from hpcmlff.files import replacing
from hpcmlff.spec.frames_digest import ARRAYS, DATASET_FORMAT, frames_digest

if TYPE_CHECKING:
    from pathlib import Path

    import h5py
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Dataset",
    "FixedSets",
    "dataset_digest",
    "load_molecule",
    "read_dataset",
    "write_dataset",
]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dataset:
    """A molecule's frames, its official split and their identity."""

    frames: Frames
    """All frames, kcal/mol and Å."""
    fixed: FixedSets
    """The official split as far as there is one."""
    digest: str
    """SHA-256 of frames and fixed sets, 64 hex digits."""
    source: Mapping[str, Any]
    """Where the frames come from; not part of the identity."""


def dataset_digest(frames: Frames, fixed: FixedSets) -> str:
    """Return the SHA-256 of frames and fixed sets; see `frames_digest`.

    Parameters
    ----------
    frames
        The frames.
    fixed
        The official split; a missing set differs from an empty one.
    """
    arrays = {name: getattr(frames, name) for name in ARRAYS}
    return frames_digest(arrays | {f"fixed/{name}": fixed.get(name) for name in SETS})


def write_dataset(path: Path, frames: Frames, fixed: FixedSets, source: Mapping[str, Any]) -> str:
    """Write a dataset; it appears whole or not at all.

    Parameters
    ----------
    path
        The file; its folder must exist, an old file is replaced.
    frames, fixed
        What is kept.
    source
        Plain JSON values that say where the frames come from.

    Returns
    -------
    str
        The dataset's digest.

    Raises
    ------
    DataError
        The file cannot be written.
    """
    digest = dataset_digest(frames, fixed)
    try:
        with replacing(path) as temporary:
            _fill(temporary, frames, fixed, {"digest": digest, "source": json.dumps(source)})
    except OSError as found:
        raise DataError(f"cannot write: {found}", where=str(path)) from None
    return digest


def _fill(path: Path, frames: Frames, fixed: FixedSets, attributes: Mapping[str, str]) -> None:
    import h5py

    with h5py.File(path, "x", locking=False) as file:
        file.attrs["format"] = DATASET_FORMAT
        file.attrs["energy_unit"] = "kcal/mol"
        file.attrs["length_unit"] = "angstrom"
        file.attrs.update(attributes)
        for name in ARRAYS:
            file.create_dataset(name, data=getattr(frames, name), fletcher32=len(frames) > 0)
        for name in SETS:
            if (numbers := fixed.get(name)) is not None:
                file.create_dataset(f"fixed/{name}", data=numbers)


def read_dataset(path: Path, *, verify: bool = True) -> Dataset:
    """Read a dataset.

    Parameters
    ----------
    path
        The file.
    verify
        Whether to compute the digest again and compare.

    Raises
    ------
    DataError
        The file is missing, damaged, of another format, or changed since it was
        written.
    """
    if not path.is_file():
        raise DataError("no such file", where=str(path))
    try:
        found = _read(path)
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(f"the dataset is damaged: {error}", where=str(path)) from None
    if verify and dataset_digest(found.frames, found.fixed) != found.digest:
        what = "the dataset is damaged: its content does not have the digest written in it"
        raise DataError(what, where=str(path))
    return found


def _read(path: Path) -> Dataset:
    import h5py

    # Readers on shared file systems must not fail where locking is not supported.
    with h5py.File(path, "r", locking=False) as file:
        version = int(file.attrs["format"])
        if version != DATASET_FORMAT:
            what = f"the dataset has format {version}, this version reads {DATASET_FORMAT}"
            raise DataError(what, where=str(path))
        return Dataset(
            frames=Frames(**{name: file[name][...] for name in ARRAYS}),
            fixed=FixedSets(**{name: _optional(file, f"fixed/{name}") for name in SETS}),
            digest=str(file.attrs["digest"]),
            source=json.loads(file.attrs["source"]),
        )


def _optional(file: h5py.File, name: str) -> NDArray[np.int64] | None:
    return file[name][...] if name in file else None

"""Datasets as a store sees them: arrays that have the digest the grid states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.spec.frames_digest import ARRAYS, DATASET_FORMAT, FIXED, frames_digest
from hpcmlff.store.plain_hdf5 import opened
from hpcmlff.store.sealed import open_plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredFrames:
    """A molecule's frames that verified."""

    arrays: Mapping[str, NDArray[Any]]
    """``species``, ``positions``, ``energies``, ``forces``, and ``fixed/...``."""
    digest: str
    """SHA-256 of the arrays."""
    source: str
    """Where the frames come from, as JSON."""


def read_frames(path: Path) -> StoredFrames:
    """Read a molecule's frames and recompute their digest.

    Raises
    ------
    StoreError
        The file is damaged, of another format, or asks for data from elsewhere.
    OSError
        It cannot be read.
    """
    with open_plain(path) as source:
        image = source.read()
    with opened(image, str(path)) as file:
        if (version := int(file.attrs["format"])) != DATASET_FORMAT:
            raise StoreError(f"the dataset has the unknown format {version}", where=str(path))
        arrays = {name: file[name][...] for name in (*ARRAYS, *FIXED) if name in file}
        stated, origin = str(file.attrs["digest"]), str(file.attrs["source"])
        digest = frames_digest(arrays)
    if digest != stated:
        raise StoreError("the content does not have the digest written in it", where=str(path))
    return StoredFrames(arrays=arrays, digest=digest, source=origin)

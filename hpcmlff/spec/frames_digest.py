"""The identity of a molecule's frames: what is hashed, and how."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DATASET_FORMAT = 1
"""Raised when a dataset's layout or digest changes."""

ARRAYS = ("species", "positions", "energies", "forces")
"""Arrays of a dataset, in the order in which they are hashed."""

FIXED = ("fixed/train", "fixed/validation", "fixed/test")
"""Those of the official split, which follow; any of them may be missing."""


def frames_digest(arrays: Mapping[str, NDArray[Any] | None]) -> str:
    """Return the SHA-256 of a dataset's arrays, 64 hex digits.

    Each array goes in as its name, type and shape, then its numbers: whole numbers
    as little-endian int64, others as little-endian float64.

    Parameters
    ----------
    arrays
        All of `ARRAYS`, and of `FIXED` those there are; a missing one differs from
        an empty one.
    """
    hasher = hashlib.sha256(f"dataset {DATASET_FORMAT}\n".encode())
    for name in ARRAYS + FIXED:
        _add(hasher, name.replace("/", " "), arrays.get(name))
    return hasher.hexdigest()


def _add(hasher: Any, name: str, array: NDArray[Any] | None) -> None:
    if array is None:
        hasher.update(f"{name} none\n".encode())
        return
    kind = "<i8" if array.dtype.kind in "iu" else "<f8"
    hasher.update(f"{name} {kind} {list(array.shape)}\n".encode())
    hasher.update(np.ascontiguousarray(array, dtype=kind).tobytes())

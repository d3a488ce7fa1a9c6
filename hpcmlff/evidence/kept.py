"""``evidence.h5``: what was gathered, so that no final checkpoint is read twice.

Derived and disposable, as ``store.h5``: it may lag, and is built anew if it is damaged or
of another version.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from hpcmlff.evidence.columns import Evidence, blank
from hpcmlff.files import write_durably

if TYPE_CHECKING:
    from hpcmlff.store.store import Store

EVIDENCE_FORMAT = 2
"""Raised when something is gathered in another way; older files are built anew."""

_ARRAYS = tuple(one.name for one in fields(Evidence))


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The file's content."""

    evidence: Evidence
    """What was gathered of finished cells."""
    frames: Mapping[str, list[dict[str, str]]] = field(default_factory=dict)
    """Digest of a molecule's frames to what is strange about them."""


def read_kept(store: Store) -> Kept:
    """Return what was gathered before; nothing if there is no usable file."""
    try:
        with h5py.File(store.layout.evidence, "r", locking=False) as file:
            if file.attrs["version"] != EVIDENCE_FORMAT or any(
                file[name].external or file[name].is_virtual for name in _ARRAYS
            ):
                return _nothing()
            arrays = {name: file[name][()] for name in _ARRAYS}
            text = str(file.attrs["frames"])
            if file.attrs["sha256"] != _digest(arrays, text):
                return _nothing()
        return Kept(evidence=_checked(Evidence(**arrays)), frames=json.loads(text))
    except (OSError, KeyError, RuntimeError, TypeError, ValueError):
        return _nothing()


def write_kept(store: Store, kept: Kept) -> None:
    """Keep what was gathered; who may only read the store goes without."""
    buffer, text = io.BytesIO(), json.dumps(dict(kept.frames), sort_keys=True)
    arrays = {name: getattr(kept.evidence, name) for name in _ARRAYS}
    with h5py.File(buffer, "w") as file:
        file.attrs["format"] = "hpcmlff-evidence"
        file.attrs["version"] = EVIDENCE_FORMAT
        file.attrs["frames"] = text
        file.attrs["sha256"] = _digest(arrays, text)
        for name, array in arrays.items():
            file[name] = array
    with suppress(OSError):
        write_durably(store.layout.evidence, [buffer.getbuffer()])


def _nothing() -> Kept:
    return Kept(evidence=blank(0))


def _checked(found: Evidence) -> Evidence:
    """Refuse arrays of other columns or shapes.

    Raises
    ------
    ValueError
        They are.
    """
    expected = blank(0)
    for name in _ARRAYS:
        one, other = getattr(found, name), getattr(expected, name)
        if one.dtype != other.dtype or one.shape != (len(found), *other.shape[1:]):
            raise ValueError(f"{name} are of another kind")
    return found


def _digest(arrays: Mapping[str, np.ndarray[Any, Any]], text: str) -> str:
    hasher = hashlib.sha256(text.encode())
    for name in _ARRAYS:
        hasher.update(np.ascontiguousarray(arrays[name]).tobytes())
    return hasher.hexdigest()

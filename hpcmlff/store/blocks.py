"""Blocks: large write-once arrays that a cell's attempts share.

A block is a sealed file whose content is the array itself in C order; dtype and
shape are in its header. It is read through a memory map, so a solver can stream
gigabytes of panels in little memory.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import StoreError
from hpcmlff.files import write_durably
from hpcmlff.store.names import checked_name
from hpcmlff.store.sealed import HEADER_BYTES, Seal, read_seal, seal, verify

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hpcmlff.store.layout import CellFolder


@dataclass(frozen=True, slots=True)
class CellBlocks:
    """The blocks of one cell; satisfies the trainers' `Blocks` protocol."""

    cell: CellFolder
    """Whose blocks they are."""
    _verified: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Tell whether a block was finished; a damaged one is removed and counts as missing."""
        path = self._path(name)
        if not path.exists():
            return False
        try:
            self._verify(name)
        except StoreError:
            path.unlink(missing_ok=True)
            return False
        return True

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Keep a block for good.

        Raises
        ------
        OSError
            The disk is full or failing; finished blocks are untouched.
        """
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = np.ascontiguousarray(array)
        facts = {"kind": "block", "dtype": data.dtype.str, "shape": data.shape}
        content = data.data.cast("B") if data.size else memoryview(b"")
        write_durably(path, [seal(content, facts), content])
        self._verified.add(name)

    def get(self, name: str) -> NDArray[Any]:
        """Return a finished block, read-only and mapped from disk.

        Raises
        ------
        StoreError
            It is damaged; `has` would have said so.
        FileNotFoundError
            There is no such block.
        """
        path = self._path(name)
        dtype, shape = array_of(self._verify(name), path)
        if 0 in shape:
            return np.empty(shape, dtype=dtype)
        return np.memmap(path, dtype=dtype, mode="r", offset=HEADER_BYTES, shape=shape)

    def expect(self, name: str) -> None:
        """Have the system read a block ahead, where it can."""
        with suppress(OSError, AttributeError), self._path(name).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)

    def remove_all(self) -> None:
        """Delete the blocks of a cell that is done."""
        shutil.rmtree(self.cell.blocks, ignore_errors=True)

    def _verify(self, name: str) -> Seal:
        path = self._path(name)
        if name in self._verified:
            return read_seal(path)
        found = verify(path)
        self._verified.add(name)
        return found

    def _path(self, name: str) -> Path:
        if self.cell.blocks.is_symlink():
            raise StoreError("is a link, which is not followed", where=str(self.cell.blocks))
        return self.cell.blocks / f"{checked_name(name, 'block')}.block"


def array_of(found: Seal, path: Path) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return type and shape of a block's array.

    Raises
    ------
    StoreError
        The header describes no array of numbers of the content's length.
    """
    try:
        dtype = np.dtype(str(found.facts["dtype"]))
        shape = tuple(int(n) for n in found.facts["shape"])
    except (KeyError, TypeError, ValueError):
        raise StoreError("the header describes no array", where=str(path)) from None
    fits = min(shape, default=0) >= 0 and prod(shape) * dtype.itemsize == found.length
    if dtype.kind not in "biufc" or not fits:
        raise StoreError("the header describes another array", where=str(path))
    return dtype, shape

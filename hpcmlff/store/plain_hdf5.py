"""HDF5 files of other people: their own arrays of numbers only, nothing from elsewhere.

HDF5 can fetch data from other files: through soft and external links, virtual datasets,
and datasets whose bytes lie in any file of the machine. A file that asks for any of
these is refused, and so is one that claims more data than it has bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import h5py

from hpcmlff.errors import StoreError

if TYPE_CHECKING:
    from h5py import Dataset, File, Group

_DEEPEST = 8
"""Groups in groups; a file that contains itself has no end."""

_KINDS = "biuf"


@contextmanager
def opened(image: bytes, where: str) -> Iterator[File]:
    """Open an HDF5 file held in memory, after a look at all that is in it.

    Parameters
    ----------
    image
        The file's bytes.
    where
        Its name, for messages.

    Raises
    ------
    StoreError
        It is no HDF5 file, or not a plain one; also if reading fails within the block.
    """
    try:
        with h5py.File(io.BytesIO(image), "r") as file:
            check_plain(file, len(image), where)
            yield file
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, IndexError) as error:
        raise StoreError(f"the HDF5 content cannot be read: {error}", where=where) from None


def check_plain(group: Group, n_bytes: int, where: str, depth: int = 0) -> None:
    """Refuse a group that is not made of arrays of numbers of its own.

    Raises
    ------
    StoreError
        It has a link, foreign data, other types, or more data than bytes.
    """
    if depth > _DEEPEST:
        raise StoreError("the HDF5 content is nested without end", where=where)
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise StoreError(f"the HDF5 content has a link, {name!r}", where=where)
        one = group[name]
        if isinstance(one, h5py.Group):
            check_plain(one, n_bytes, where, depth + 1)
        elif not isinstance(one, h5py.Dataset) or not _is_plain(one, n_bytes):
            raise StoreError(f"the HDF5 content {name!r} is no plain array", where=where)


def _is_plain(one: Dataset, n_bytes: int) -> bool:
    own = one.external is None and not one.is_virtual
    return own and one.shape is not None and one.dtype.kind in _KINDS and one.nbytes <= n_bytes

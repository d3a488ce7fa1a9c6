"""Ways in which a disk, a network or a person damages a file."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import h5py

from hpcmlff.store.sealed import HEADER_BYTES

PAGE = 4096

Wound = Callable[[bytes, random.Random], bytes]
"""Makes damaged content out of whole; the answer may be equal by chance."""


def flip(data: bytes, place: int, draw: random.Random) -> bytes:
    """Turn one bit of a byte."""
    changed = bytearray(data)
    changed[place] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flip_anywhere(data: bytes, draw: random.Random) -> bytes:
    """Turn one to twenty bits, wherever they are."""
    for _ in range(draw.choice((1, 1, 2, 20))):
        data = flip(data, draw.randrange(len(data)), draw)
    return data


def flip_header(data: bytes, draw: random.Random) -> bytes:
    """Turn a bit of the magic, the JSON, the padding or the header's digest."""
    return flip(data, draw.randrange(HEADER_BYTES), draw)


def flip_json(data: bytes, draw: random.Random) -> bytes:
    """Write another digit for one of the header's JSON."""
    head = data[:HEADER_BYTES]
    digits = [n for n in range(8, head.index(b"}")) if head[n : n + 1].isdigit()]
    place = draw.choice(digits)
    return data[:place] + str(draw.randrange(10)).encode() + data[place + 1 :]


def flip_metadata(data: bytes, draw: random.Random) -> bytes:
    """Turn a bit of what HDF5 keeps beside the numbers: super block, headers, heaps, trees."""
    return flip(data, draw.choice(_metadata(data)), draw)


def truncate(data: bytes, draw: random.Random) -> bytes:
    """Cut the end off, up to everything."""
    return data[: draw.choice((draw.randrange(len(data)), draw.randrange(HEADER_BYTES + 1)))]


def append(data: bytes, draw: random.Random) -> bytes:
    """Add bytes at the end."""
    return data + draw.randbytes(draw.choice((1, 100, PAGE)))


def zero_blocks(data: bytes, draw: random.Random) -> bytes:
    """Write zeros over one to three pages, as a lost write does."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 3)):
        start = draw.randrange(-(-len(data) // PAGE)) * PAGE
        changed[start : start + PAGE] = bytes(len(changed[start : start + PAGE]))
    return bytes(changed)


def swap_end(data: bytes, draw: random.Random) -> bytes:
    """Leave the beginning and put other bytes for the rest, as a torn write does."""
    start = draw.randrange(len(data))
    return data[:start] + draw.randbytes(len(data) - start)


WOUNDS: dict[str, Wound] = {
    "bits flipped": flip_anywhere,
    "header flipped": flip_header,
    "header JSON changed": flip_json,
    "HDF5 metadata flipped": flip_metadata,
    "truncated": truncate,
    "appended": append,
    "4 KiB zeroed": zero_blocks,
    "torn": swap_end,
}


def wound(path: Path, kind: str, draw: random.Random) -> None:
    """Damage one file; other names of the same content stay whole."""
    data = path.read_bytes()
    while (damaged := WOUNDS[kind](data, draw)) == data:
        pass
    path.unlink()
    path.write_bytes(damaged)


def _metadata(data: bytes) -> list[int]:
    with h5py.File(io.BytesIO(data), "r") as file:
        found: list[tuple[int, int]] = []

        def look(_: str, item: h5py.Dataset | h5py.Group) -> None:
            if isinstance(item, h5py.Dataset) and item.id.get_offset() is not None:
                found.append((item.id.get_offset(), item.id.get_storage_size()))

        file.visititems(look)
    ends = [(start, start + size) for start, size in sorted(found)]
    around = [(HEADER_BYTES, HEADER_BYTES), *ends, (len(data), len(data))]
    gaps = [range(left[1], right[0]) for left, right in pairwise(around)]
    return [place for gap in gaps for place in gap]

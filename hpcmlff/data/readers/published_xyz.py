"""The published xyz format: count, energy alone, then ``symbol x y z fx fy fz``.

A quick path takes well-formed files; whatever it does not take goes through an
exact one that names the place of the first error.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.data.readers.raw import (
    Raw,
    atomic_number,
    other_atom,
    place,
    text_lines,
    xyz_blocks,
)
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FIELDS = 7
"""Symbol, three coordinates and three force components."""


def read(path: Path) -> Raw:
    """Read all frames of a file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        With file, frame and line of the first thing that is not as published.
    """
    lines = text_lines(path)
    return _quick(path, lines) or _exact(path, lines)


def _quick(path: Path, lines: Sequence[str]) -> Raw | None:
    """Return the frames of a well-formed file, None where anything is unusual."""
    count = lines[0].strip()
    block = 2 + (int(count) if count.isascii() and count.isdigit() else 0)
    if block == 2 or len(lines) % block or set(lines[::block]) != {lines[0]}:
        return None
    rows = [line.split() for index, line in enumerate(lines) if index % block > 1]
    symbols = [row[0] if row else "" for row in rows]
    n_frames = len(lines) // block
    if set(map(len, rows)) != {FIELDS} or symbols != symbols[: block - 2] * n_frames:
        return None
    try:
        energies = np.array([_number(line) for line in lines[1::block]])
        text = chain.from_iterable(row[1:] for row in rows)
        values = np.fromiter(map(float, text), np.float64, len(rows) * (FIELDS - 1))
    except ValueError:
        return None
    if not np.isfinite(values).all() or any("_" in line for line in lines):
        return None
    species = [atomic_number(s, place(path, 1, n + 3)) for n, s in enumerate(symbols[: block - 2])]
    return _raw(species, energies, values)


def _exact(path: Path, lines: Sequence[str]) -> Raw:
    """Read line by line and raise at the first error."""
    species: list[int] = []
    energies: list[float] = []
    values: list[float] = []
    for frame, start, count in xyz_blocks(path, lines):
        energies.append(_energy(lines[start + 1], place(path, frame, start + 2)))
        for atom in range(1, count + 1):
            where = place(path, frame, start + 2 + atom)
            number, row = _atom(lines[start + 1 + atom], where)
            if frame == 1:
                species.append(number)
            elif number != species[atom - 1]:
                raise DataError(other_atom(atom, number, species[atom - 1]), where=where)
            values += row
    return _raw(species, np.array(energies), np.array(values))


def _energy(line: str, where: str) -> float:
    try:
        return _number(line)
    except ValueError:
        what = f"the energy line is not one number (found {line.strip()!r})"
        raise DataError(what, where=where) from None


def _atom(line: str, where: str) -> tuple[int, list[float]]:
    fields = line.split()
    if not fields:
        raise DataError("the line is empty, expected an atom", where=where)
    if len(fields) != FIELDS:
        what = f"an atom needs {FIELDS} fields, symbol x y z fx fy fz (found {len(fields)})"
        raise DataError(what, where=where)
    number = atomic_number(fields[0], where)
    row = []
    for text in fields[1:]:
        try:
            row.append(_number(text))
        except ValueError:
            raise DataError(f"{text!r} is not a finite number", where=where) from None
    return number, row


def _number(text: str) -> float:
    """Return a finite number; Python's ``1_000`` is none in a data file."""
    value = float(text)
    if not isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def _raw(species: list[int], energies: NDArray[np.float64], values: NDArray[np.float64]) -> Raw:
    table = values.reshape(len(energies), len(species), FIELDS - 1)
    return Raw(
        species=np.array(species, dtype=np.int64),
        positions=np.ascontiguousarray(table[..., :3]),
        energies=energies,
        forces=np.ascontiguousarray(table[..., 3:]),
    )

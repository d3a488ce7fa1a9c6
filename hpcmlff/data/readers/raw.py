"""What every reader returns, and the checks they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Raw:
    """Frames as a file has them, in the file's own units."""

    species: NDArray[np.int64]
    """``(n_atoms,)``, atomic numbers."""
    positions: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``."""
    energies: NDArray[np.float64]
    """``(n_frames,)``."""
    forces: NDArray[np.float64]
    """``(n_frames, n_atoms, 3)``, energy unit over length unit."""
    energy_unit: str | None = None
    """As the file states it; None if it does not."""
    length_unit: str | None = None
    """As the file states it; None if it does not."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OneFrame:
    """One frame as a reader of single frames meets it."""

    species: NDArray[np.int64]
    """``(n_atoms,)``, atomic numbers."""
    positions: NDArray[np.float64]
    """``(n_atoms, 3)``."""
    energy: float
    """Energy of the whole molecule."""
    forces: NDArray[np.float64]
    """``(n_atoms, 3)``."""


def place(path: Path, frame: int, line: int | None = None) -> str:
    """Return ``FILE: frame 3, line 27`` for messages; both count from 1."""
    return f"{path}: frame {frame}" + (f", line {line}" if line is not None else "")


def text_lines(path: Path) -> list[str]:
    """Return the lines of a text file without empty ones at its end.

    Raises
    ------
    DataError
        The file is missing, unreadable, not text or empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        raise DataError("no such file", where=str(path)) from None
    except OSError as found:
        raise DataError(f"cannot read: {found.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise DataError("is not a text file", where=str(path)) from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError("the file is empty", where=str(path))
    return lines


def xyz_blocks(path: Path, lines: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Walk over the frames of any kind of xyz file.

    Yields
    ------
    tuple
        Number of the frame from 1, index of its count line from 0, number of atoms.

    Raises
    ------
    DataError
        A count line is not one, differs from the first frame's, or the file ends
        inside a frame.
    """
    start, frame, first = 0, 1, 0
    while start < len(lines):
        where = place(path, frame, start + 1)
        count = _count(lines[start], where)
        first = first or count
        if count != first:
            raise DataError(f"the frame has {count} atoms, the first has {first}", where=where)
        if start + 2 + count > len(lines):
            where = place(path, frame, len(lines))
            raise DataError("the file ends inside the frame", where=where)
        yield frame, start, count
        start, frame = start + 2 + count, frame + 1


def _count(line: str, where: str) -> int:
    if not line.strip():
        raise DataError("the line is empty, expected a number of atoms", where=where)
    text = line.strip()
    if not (text.isascii() and text.isdigit() and int(text)):
        raise DataError(f"expected a number of atoms (found {text!r})", where=where)
    return int(text)


def atomic_number(symbol: str, where: str) -> int:
    """Return the atomic number of an element.

    Raises
    ------
    DataError
        There is no such element.
    """
    from ase.data import atomic_numbers

    number = atomic_numbers.get(symbol, 0)
    if not number:
        raise DataError(f"unknown element {symbol!r}", where=where)
    return int(number)


def other_atom(atom: int, found: int, first: int) -> str:
    """Say that an atom is another element than in the first frame; atoms count from 1."""
    from ase.data import chemical_symbols as symbols

    return f"atom {atom} is {symbols[found]}, in the first frame it is {symbols[first]}"


def stack(path: Path, frames: Sequence[OneFrame]) -> Raw:
    """Join single frames after checking that they are of one molecule and finite.

    Raises
    ------
    DataError
        A frame has other atoms than the first, or a number that is not finite.
    """
    for index, one in enumerate(frames):
        _check(one, frames[0], place(path, index + 1))
    return Raw(
        species=frames[0].species,
        positions=np.array([one.positions for one in frames]),
        energies=np.array([one.energy for one in frames]),
        forces=np.array([one.forces for one in frames]),
    )


def _check(one: OneFrame, first: OneFrame, where: str) -> None:
    if len(one.species) != len(first.species):
        what = f"the frame has {len(one.species)} atoms, the first has {len(first.species)}"
        raise DataError(what, where=where)
    for atom in np.flatnonzero(one.species != first.species):
        what = other_atom(atom + 1, one.species[atom], first.species[atom])
        raise DataError(what, where=where)
    if one.forces.shape != one.positions.shape:
        what = f"forces have the shape {one.forces.shape}, positions {one.positions.shape}"
        raise DataError(what, where=where)
    for name in ("positions", "energy", "forces"):
        if not np.isfinite(getattr(one, name)).all():
            raise DataError(f"{name}: a number is not finite", where=where)

"""Extended xyz, frame by frame through ASE."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.data.readers.raw import OneFrame, Raw, place, stack, text_lines, xyz_blocks
from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> Raw:
    """Read all frames of a file.

    The format does not say in which units its numbers are.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    DataError
        With file and frame of the first thing that is wrong: a frame is cut, has no
        energy or no forces, is periodic, or has other atoms than the first.
    """
    lines = text_lines(path)
    frames = []
    for frame, start, count in xyz_blocks(path, lines):
        where = place(path, frame, start + 1)
        block = "\n".join(lines[start : start + 2 + count]) + "\n"
        frames.append(from_atoms(_parse(block, where), where))
    return stack(path, frames)


def _parse(block: str, where: str) -> Any:
    from ase.io import read as ase_read

    try:
        return ase_read(io.StringIO(block), index=0, format="extxyz")
    except Exception as found:  # noqa: BLE001 - ASE raises whatever its parser meets
        raise DataError(f"is not extended xyz: {found}", where=where) from None


def from_atoms(atoms: Any, where: str) -> OneFrame:
    """Take geometry, energy and forces from ASE's atoms.

    Parameters
    ----------
    atoms
        An ``ase.Atoms``, with a calculator that holds results, or with an energy in
        its ``info`` and forces in its ``arrays``.
    where
        File and frame, for messages.

    Raises
    ------
    DataError
        Energy or forces are missing, or the frame is periodic.
    """
    refuse_periodic(atoms.pbc, where)
    results = dict(atoms.calc.results) if atoms.calc else {}
    known = {**atoms.info, **atoms.arrays, **results}
    for name in ("energy", "forces"):
        if name not in known:
            others = sorted(set(known) - {"numbers", "positions"})
            hint = f"It has: {', '.join(others)}" if others else ""
            raise DataError(f"{name} missing", where=where, hint=hint)
    return OneFrame(
        species=np.asarray(atoms.numbers, dtype=np.int64),
        positions=np.asarray(atoms.positions, dtype=np.float64),
        energy=scalar(known["energy"], where),
        forces=np.asarray(known["forces"], dtype=np.float64),
    )


def refuse_periodic(pbc: Any, where: str) -> None:
    """Raise for periodic frames: cells would be dropped without a word otherwise."""
    if np.any(pbc):
        hint = 'If the box only holds the molecule, write pbc="F F F"'
        raise DataError("the frame is periodic, expected a free molecule", where=where, hint=hint)


def scalar(value: Any, where: str) -> float:
    """Return an energy that may come as an array of one number."""
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise DataError(f"the energy is not one number (found {value!r})", where=where)
    return float(array.reshape(-1)[0])

"""Official splits: files of frame numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from hpcmlff.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SETS = ("train", "validation", "test")
"""Names of the sets, in the order of `FixedSets`."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FixedSets:
    """Frames whose use is laid down; numbers count from 0."""

    train: NDArray[np.int64] | None = None
    """``(n,)``, frames that training may use; None if that is left open."""
    validation: NDArray[np.int64] | None = None
    """``(n,)``, the whole validation set; None if it is drawn."""
    test: NDArray[np.int64] | None = None
    """``(n,)``, the whole test set; None if it is drawn."""

    def get(self, name: str) -> NDArray[np.int64] | None:
        """Return the set of this name, one of `SETS`."""
        found: NDArray[np.int64] | None = getattr(self, name)
        return found


def read_indices(path: Path, *, n_frames: int, base: int) -> NDArray[np.int64]:
    """Read a file of frame numbers.

    Parameters
    ----------
    path
        Text with one number a line, or a NumPy ``.npy`` array.
    n_frames
        Number of frames there are.
    base
        Number of the first frame, 0 or 1.

    Returns
    -------
    NDArray
        ``(n,)``, counted from 0, in the order of the file.

    Raises
    ------
    DataError
        With file and line: no number, out of range, or the same twice.
    """
    word = "entry" if path.suffix == ".npy" else "line"
    entries = _array(path) if path.suffix == ".npy" else _text(path)
    if not entries:
        raise DataError("there are no frame numbers", where=str(path))
    seen: dict[int, int] = {}
    for line, number in entries:
        where = f"{path}: {word} {line}"
        if not base <= number < n_frames + base:
            what = f"{number} is out of range, frames are numbered {base} to {n_frames - 1 + base}"
            raise DataError(what, where=where)
        if number in seen:
            what = f"{number} stands twice, first in {word} {seen[number]}"
            raise DataError(what, where=where)
        seen[number] = line
    return np.array(list(seen), dtype=np.int64) - base


def check_disjoint(fixed: FixedSets, names: dict[str, str], base: int) -> None:
    """Raise if a frame is in two sets.

    Parameters
    ----------
    fixed
        The sets.
    names
        For messages, which file each set comes from.
    base
        Number of the first frame in those files.

    Raises
    ------
    DataError
        Naming both files and the first frame they share.
    """
    given = [(name, numbers) for name in SETS if (numbers := fixed.get(name)) is not None]
    for (one, mine), (other, theirs) in combinations(given, 2):
        shared = np.intersect1d(mine, theirs)
        if len(shared):
            what = f"frame {shared[0] + base} is both in the {one} and in the {other} set"
            more = f", as are {len(shared) - 1} more" if len(shared) > 1 else ""
            raise DataError(what + more, where=f"{names[one]} and {names[other]}")


def _text(path: Path) -> Sequence[tuple[int, int]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise DataError("no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as found:
        raise DataError(f"cannot read: {found}", where=str(path)) from None
    return [(n, _number(path, n, line)) for n, line in enumerate(lines, start=1) if line.strip()]


def _number(path: Path, line: int, text: str) -> int:
    word = text.strip()
    if not (word.isascii() and word.isdigit()):
        raise DataError(f"expected one frame number (found {word!r})", where=f"{path}: line {line}")
    return int(word)


def _array(path: Path) -> Sequence[tuple[int, int]]:
    try:
        with path.open("rb") as file:
            numbers = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        raise DataError("no such file", where=str(path)) from None
    except (OSError, ValueError, EOFError):
        raise DataError("is not an npy file of plain numbers", where=str(path)) from None
    if not isinstance(numbers, np.ndarray) or numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise DataError("is not one row of whole numbers", where=str(path))
    return [(n, int(number)) for n, number in enumerate(numbers, start=1)]

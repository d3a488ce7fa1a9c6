"""The unfinished output: frames so far and the state to go on from.

``OUT.part`` holds frames, ``OUT.part.npz`` the state at the end of the last whole
segment and how many bytes of ``OUT.part`` belong to it; whatever follows them is of a
segment that was cut.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zipfile import BadZipFile

import numpy as np

from hpcmlff.errors import DataError
from hpcmlff.files import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Progress:
    """State at the end of a segment."""

    settings: str
    """All that decides the trajectory, as canonical JSON."""
    n_frames: int
    """Frames written."""
    n_bytes: int
    """Bytes they take."""
    positions: NDArray[np.float64]
    """``(n_atoms, 3)``, Å."""
    momenta: NDArray[np.float64]
    """``(n_atoms, 3)``, ASE's units."""


class Partial:
    """The two files beside an output that is being made.

    Parameters
    ----------
    out
        The output.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._frames = out.with_name(out.name + ".part")
        self._state = out.with_name(out.name + ".part.npz")
        self._hint = f"Remove {self._frames} and {self._state} to start anew"

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Open the frames for writing, for this process alone.

        Raises
        ------
        DataError
            Another process is making this output, or the folder cannot be written.
        """
        try:
            descriptor = os.open(self._frames, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as found:
            raise DataError(f"cannot write: {found.strerror}", where=str(self._out)) from None
        with os.fdopen(descriptor, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                what = "another process is making this file"
                raise DataError(what, where=str(self._out)) from None
            yield file

    def load(self, file: BinaryIO, settings: str) -> Progress | None:
        """Return where to go on, with the file cut back to there; None to start anew.

        Raises
        ------
        DataError
            The files were begun with other settings, or do not belong together.
        """
        size = file.seek(0, os.SEEK_END)
        progress = self._read() if self._state.exists() else None
        if progress is None or (size == 0 and progress.n_bytes > 0):
            # Without frames the state is a finished run's that was killed in `finish`.
            file.truncate(0)
            file.seek(0)
            return None
        if progress.settings != settings:
            raise DataError(
                "was begun with other settings or versions",
                where=str(self._frames),
                hint=self._hint,
            )
        if size < progress.n_bytes:
            what = "is shorter than its state says"
            raise DataError(what, where=str(self._frames), hint=self._hint)
        file.truncate(progress.n_bytes)
        file.seek(progress.n_bytes)
        return progress

    def _read(self) -> Progress:
        try:
            with self._state.open("rb") as file, np.load(file, allow_pickle=False) as data:
                return Progress(
                    settings=str(data["settings"]),
                    n_frames=int(data["n_frames"]),
                    n_bytes=int(data["n_bytes"]),
                    positions=data["positions"],
                    momenta=data["momenta"],
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            raise DataError("is damaged", where=str(self._state), hint=self._hint) from None

    def save(self, file: BinaryIO, progress: Progress) -> None:
        """Keep the frames written so far and the state after them."""
        file.flush()
        os.fsync(file.fileno())
        with replacing(self._state) as temporary:
            np.savez(
                temporary,
                settings=progress.settings,
                n_frames=progress.n_frames,
                n_bytes=progress.n_bytes,
                positions=progress.positions,
                momenta=progress.momenta,
            )

    def finish(self) -> None:
        """Give the output its name and remove the state."""
        self._frames.replace(self._out)
        self._state.unlink()

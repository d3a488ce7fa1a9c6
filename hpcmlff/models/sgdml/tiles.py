"""The factor's tiles: as many in memory as fit, all of them on disk before long.

Writing goes on beside the work, and begins when the work has lasted a while: a short
factorisation is computed again sooner than its tiles are written. A tile that was not on disk
when the process was killed is computed again, to the same bits.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hpcmlff.models.protocol import Blocks

_WRITTEN_AT_ONCE = 2
"""Tiles that may wait to be on disk where memory has no room for them; the work waits then."""
_CATCHING_UP = 3
"""Tiles that are given to the writer with each new one, those of the first while among them."""
YOUNG_S = 15.0
"""Tiles of a factorisation younger than this are not written unless they have to be."""


@dataclass(kw_only=True)
class Tiles:
    """Finished tiles by row and column."""

    blocks: Blocks | None
    """Where they are kept for good; None for nowhere, all stay in memory then."""
    key: str
    """Tells these tiles from those of other matrices."""
    room_bytes: float
    """Memory for tiles that need not be read from disk."""
    young_s: float = YOUNG_S
    """Time before tiles that fit into memory are written."""
    _began: float = field(default_factory=time.monotonic)
    _later: deque[tuple[int, int]] = field(default_factory=deque)
    _kept: dict[tuple[int, int], NDArray[np.float64]] = field(default_factory=dict)
    _pending: deque[tuple[tuple[int, int], Future[None]]] = field(default_factory=deque)
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _waiting: dict[tuple[int, int], NDArray[np.float64]] = field(default_factory=dict)

    def has(self, row: int, column: int) -> bool:
        """Tell whether a tile was finished, in this process or before."""
        at = row, column
        if at in self._kept or at in self._waiting:
            return True
        return self.blocks is not None and self.blocks.has(self._name(at))

    def get(self, row: int, column: int) -> NDArray[np.float64]:
        """Return a finished tile, read-only and mapped from disk if memory has no room."""
        at = row, column
        if at in self._kept:
            return self._kept[at]
        if at in self._waiting:
            return self._waiting[at]
        assert self.blocks is not None
        return self.blocks.get(self._name(at))

    def expect(self, row: int, column: int) -> None:
        """Have a tile read from disk beside the work, which needs it next."""
        at = row, column
        if self.blocks is not None and at not in self._kept and at not in self._waiting:
            self.blocks.expect(self._name(at))

    def put(self, row: int, column: int, tile: NDArray[np.float64]) -> None:
        """Keep a finished tile.

        Raises
        ------
        OSError
            The disk is full or failing; this tile or one before it is not on it.
        """
        at = row, column
        if self.room_bytes >= tile.nbytes:
            self.room_bytes -= tile.nbytes
            self._kept[at] = tile
            self._later.append(at)
        else:
            self._write(at, tile)
        if time.monotonic() - self._began > self.young_s:
            self._write_later_ones(_CATCHING_UP)
        self._wait(_WRITTEN_AT_ONCE)

    def flush(self) -> None:
        """Wait until all tiles are on disk.

        Raises
        ------
        OSError
            One of them could not be written.
        """
        self._write_later_ones(len(self._later))
        self._wait(0)

    def _write_later_ones(self, most: int) -> None:
        for _ in range(min(most, len(self._later))):
            at = self._later.popleft()
            self._write(at, self._kept[at])

    def _write(self, at: tuple[int, int], tile: NDArray[np.float64]) -> None:
        if self.blocks is not None:
            self._waiting[at] = tile
            self._pending.append((at, self._writer.submit(self.blocks.put, self._name(at), tile)))

    def _wait(self, most: int) -> None:
        while len(self._pending) > most:
            at, future = self._pending.popleft()
            del self._waiting[at]
            future.result()

    def _name(self, at: tuple[int, int]) -> str:
        return f"{self.key}-{at[0]:03d}-{at[1]:03d}"

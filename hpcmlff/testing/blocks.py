"""Blocks in a folder, for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcmlff.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FolderBlocks:
    """A ``.npy`` file for each block; refuses to change one that is finished."""

    folder: Path
    """Where the files are."""
    written: list[str] = field(default_factory=list)
    """Names in the order of their writing through this object."""

    def has(self, name: str) -> bool:
        """Tell whether a block was finished."""
        return self._path(name).exists()

    def put(self, name: str, array: NDArray[Any]) -> None:
        """Keep a block for good; an equal second write is harmless.

        Raises
        ------
        TrainingError
            The block is there with other content.
        """
        if self.has(name) and not _equal(self.get(name), array):
            raise TrainingError(f"the block {name!r} was written twice, with other content")
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{name}.part.npy"
        np.save(unfinished, array, allow_pickle=False)
        unfinished.replace(self._path(name))
        self.written.append(name)

    def get(self, name: str) -> NDArray[Any]:
        """Return a finished block, read-only and mapped from disk."""
        block: NDArray[Any] = np.load(self._path(name), mmap_mode="r", allow_pickle=False)
        return block

    def expect(self, name: str) -> None:
        """Do nothing: a hint may be ignored."""

    def names(self) -> set[str]:
        """Return the names of all finished blocks."""
        return {path.stem for path in self.folder.glob("*.npy") if not path.stem.endswith(".part")}

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"


def _equal(kept: NDArray[Any], array: NDArray[Any]) -> bool:
    # By bytes, so that a NaN equals itself.
    same_kind = kept.shape == array.shape and kept.dtype == array.dtype
    return same_kind and kept.tobytes() == array.tobytes()

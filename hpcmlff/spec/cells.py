"""A cell: what is trained and scored once, known by the hash of all that decides its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcmlff.spec.canonical import digest, stream_seed

CELL_FORMAT = 1
"""Raised when the meaning of a cell's identity changes."""

SHORT_ID = 12
"""Hex digits of a cell id that are shown and used in names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One (model, molecule, size, seed, hyperparameters)."""

    model: str
    """Name of the trainer."""
    molecule: str
    """Name of the molecule in the grid."""
    size: int
    """Number of training frames."""
    seed: int
    """Chooses the split and every random stream of the training."""
    settings: Mapping[str, Any]
    """All hyperparameters, defaults included; plain JSON values."""
    dataset: str
    """SHA-256 of the molecule's frames."""
    split: str
    """SHA-256 of the training, validation and test indices."""
    trainer_version: int
    """Raised by the trainer when its results change."""
    id: str = field(init=False)
    """SHA-256 of all of the above."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", digest({"format": CELL_FORMAT, **self.identity()}))

    @property
    def short_id(self) -> str:
        """The first twelve hex digits of the id."""
        return self.id[:SHORT_ID]

    @property
    def label(self) -> str:
        """``model/molecule/n<size>/s<seed>-<id>``: its name for people and its folder."""
        return f"{self.model}/{self.molecule}/n{self.size}/s{self.seed}-{self.short_id}"

    def identity(self) -> dict[str, Any]:
        """Return all that decides the result, as plain JSON values."""
        names = [name for name in self.__slots__ if name != "id"]
        return {name: _plain(getattr(self, name)) for name in names}

    def stream(self, purpose: str) -> int:
        """Return the 128-bit seed of one of the cell's random streams."""
        return stream_seed("cell", self.id, purpose)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def cell_from_identity(identity: Mapping[str, Any]) -> Cell:
    """Build a cell from what `Cell.identity` returned."""
    return Cell(**identity)

"""Where things are in a store.

::

    store.json                                   format, name
    grid/r000001.json                            the frozen grid, one file a revision
    data/<molecule>.h5                           canonical frames
    cells/<model>/<molecule>/n<size>/s<seed>-<id>/cell.json
        a000002/g000000123.h5                    the last generations of attempt 2
        a000002/cell.h5                          the newest, for links
        a000002/start.json end.json progress.json log.txt
        blocks/<name>.block                      large write-once arrays
    ledger/000001.json                           one record a submission
    submitit/                                    private: submitit's pickles and logs
    store.h5                                     derived: links and the packed index
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ATTEMPT = re.compile(r"a(\d{6,})")
_GENERATION = re.compile(r"g(\d{9,})\.h5")


@dataclass(frozen=True, slots=True)
class CellFolder:
    """The folder of one cell."""

    path: Path
    """``cells/<model>/<molecule>/n<size>/s<seed>-<id>``."""

    @property
    def description(self) -> Path:
        """What the cell is, for people and for tools without the grid."""
        return self.path / "cell.json"

    @property
    def blocks(self) -> Path:
        """Folder of large write-once arrays."""
        return self.path / "blocks"

    def attempt(self, number: int) -> AttemptFolder:
        """Return the folder of one attempt."""
        return AttemptFolder(self.path / f"a{number:06d}", number)

    def attempts(self) -> list[AttemptFolder]:
        """Return the claimed attempts, newest first."""
        try:
            names = [entry.name for entry in self.path.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        numbers = sorted(int(m[1]) for name in names if (m := _ATTEMPT.fullmatch(name)))
        return [self.attempt(number) for number in reversed(numbers)]


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """The folder of one attempt; nobody else writes into it."""

    path: Path
    """``a<number>``."""
    number: int
    """The attempt, counted from 1."""

    @property
    def newest_link(self) -> Path:
        """The newest checkpoint under a fixed name."""
        return self.path / "cell.h5"

    @property
    def start(self) -> Path:
        """Where and how the attempt began."""
        return self.path / "start.json"

    @property
    def end(self) -> Path:
        """How the attempt ended; missing while it runs or if it was killed."""
        return self.path / "end.json"

    @property
    def progress(self) -> Path:
        """Where the attempt is now; not synced to disk."""
        return self.path / "progress.json"

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.path / "log.txt"

    def generation(self, sequence: int) -> Path:
        """Return the path of one checkpoint."""
        return self.path / f"g{sequence:09d}.h5"

    def generations(self) -> list[tuple[int, Path]]:
        """Return sequence and path of the checkpoints, newest first."""
        try:
            names = [entry.name for entry in self.path.iterdir()]
        except FileNotFoundError:
            return []
        found = [
            (int(m[1]), self.path / name) for name in names if (m := _GENERATION.fullmatch(name))
        ]
        return sorted(found, reverse=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of one grid's run."""

    root: Path
    """The store."""

    @property
    def marker(self) -> Path:
        """The file that makes a folder a store."""
        return self.root / "store.json"

    @property
    def grids(self) -> Path:
        """Folder of the frozen grids."""
        return self.root / "grid"

    @property
    def ledger(self) -> Path:
        """Folder of the submissions' records."""
        return self.root / "ledger"

    @property
    def private(self) -> Path:
        """Folder for what submitit pickles; readable by its owner only."""
        return self.root / "submitit"

    @property
    def index(self) -> Path:
        """The derived file of links and scalars."""
        return self.root / "store.h5"

    @property
    def polled(self) -> Path:
        """The schedulers' last answers, kept for their profiles' ``poll_interval``."""
        return self.root / ".polled.json"

    @property
    def lock(self) -> Path:
        """Lock between two commands on login nodes; jobs never take it."""
        return self.root / ".lock"

    def dataset(self, molecule: str) -> Path:
        """Return the path of a molecule's frames."""
        return self.root / "data" / f"{molecule}.h5"

    def generated(self, molecule: str) -> Path:
        """Return the path of a molecule's generated frames."""
        return self.root / "data" / f"{molecule}.xyz"

    def cell(self, label: str) -> CellFolder:
        """Return the folder of a cell by its label."""
        return CellFolder(self.root / "cells" / label)

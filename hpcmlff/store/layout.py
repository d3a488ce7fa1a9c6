"""Where things are in a store.

::

    store.json                                   format, name
    grid/r000001.json                            the frozen grid, one file a revision
    data/<molecule>.h5                           canonical frames
    cells/<model>/<molecule>/n<size>/s<seed>-<id>/cell.json
        newest -> a000002                        the attempt with the newest checkpoint
        a000002/g000000123.h5                    the last generations of attempt 2
        a000002/cell.h5                          the newest, for links
        a000002/start.json end.json progress.json log.txt
        md/<id>/ scan/<id>/                      what was simulated with the cell's model
        blocks/<name>.block                      large write-once arrays
    ledger/000001.json                           one record a submission
    scans/<molecule>/<id>.h5                     geometries of a scan with their reference
    rates/<profile>/<model>.json                 how fast machines were, for estimates
    leases/<sha256>.json                         which cells went to which site
    site.json                                    the site whose own store this is
    submitit/                                    private: submitit's pickles and logs
    store.h5                                     derived: links and the packed index
    evidence.h5                                  derived: what `collect` has gathered
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from hpcmlff.errors import StoreError
from hpcmlff.store.names import ATTEMPT, GENERATION, LABEL, checked_label, checked_name

SHORT_DIGEST = 12
"""Hex digits of a digest in a folder's name."""

SUMMARY = "summary.json"
"""What a simulation has come to; written last, when it has ended."""

SUMMARY_FORMAT = 1
"""Raised when summaries get another form; those of another one are made anew."""

SIMULATIONS = ("md", "scan")
"""Kinds of simulations, and the folders of a cell that they are in."""


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

    @property
    def newest(self) -> Path:
        """A link to the attempt that has the newest checkpoint, for links in ``store.h5``."""
        return self.path / "newest"

    def simulations(self, kind: str) -> Path:
        """Return the folder of the simulations of a kind, ``md`` or ``scan``."""
        return self.path / kind

    def simulation(self, kind: str, digest: str) -> Path:
        """Return the folder of one simulation, by the digest of all that decides it."""
        return self.simulations(kind) / digest[:SHORT_DIGEST]

    def attempt(self, number: int) -> AttemptFolder:
        """Return the folder of one attempt."""
        return AttemptFolder(self.path / f"a{number:06d}", number)

    def attempts(self) -> list[AttemptFolder]:
        """Return the claimed attempts, newest first."""
        return [self.attempt(number) for number in self.attempt_numbers()]

    def attempt_numbers(self) -> list[int]:
        """Return the numbers of the claimed attempts, newest first."""
        named = [(ATTEMPT.fullmatch(entry.name), entry) for entry in entries(self.path)]
        numbers = [int(match[1]) for match, entry in named if match and _is_folder(entry)]
        return sorted(numbers, reverse=True)

    def refuse_links(self) -> None:
        """Refuse a folder that is somewhere else, where a job would write.

        Raises
        ------
        StoreError
            It, or a folder between it and ``cells``, is a symbolic link.
        """
        for folder in (self.path, *list(self.path.parents)[: len(LABEL) - 1]):
            if folder.is_symlink():
                raise StoreError(
                    "is a link, which a cell's folder must not be",
                    where=str(folder),
                    hint="Put the folder itself there; the store as a whole may be a link",
                )


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
        names = [entry.name for entry in entries(self.path)]
        found = [
            (int(m[1]), self.path / name) for name in names if (m := GENERATION.fullmatch(name))
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
    def datasets(self) -> Path:
        """Folder of the molecules' frames."""
        return self.root / "data"

    @property
    def cells(self) -> Path:
        """Folder of all cells."""
        return self.root / "cells"

    @property
    def ledger(self) -> Path:
        """Folder of the submissions' records."""
        return self.root / "ledger"

    @property
    def rates(self) -> Path:
        """Folder of the rates measured on clusters; readable by its owner only."""
        return self.root / "rates"

    @property
    def leases(self) -> Path:
        """Folder of the records of which site has which cells."""
        return self.root / "leases"

    @property
    def scans(self) -> Path:
        """Folder of the geometries of scans."""
        return self.root / "scans"

    @property
    def private(self) -> Path:
        """Folder for what submitit pickles; readable by its owner only."""
        return self.root / "submitit"

    @property
    def index(self) -> Path:
        """The derived file of links and scalars."""
        return self.root / "store.h5"

    @property
    def evidence(self) -> Path:
        """The derived file of what `collect` has gathered from finished cells."""
        return self.root / "evidence.h5"

    @property
    def index_lock(self) -> Path:
        """Lock between two commands that rebuild `index`."""
        return self.root / ".index.lock"

    @property
    def polled(self) -> Path:
        """The schedulers' last answers, kept for their profiles' ``poll_interval``."""
        return self.root / ".polled.json"

    @property
    def lock(self) -> Path:
        """Lock between two commands on login nodes; jobs never take it."""
        return self.root / ".lock"

    def dataset(self, molecule: str) -> Path:
        """Return the path of a molecule's frames.

        Raises
        ------
        StoreError
            The name is none of a molecule.
        """
        return self.datasets / f"{checked_name(molecule, 'molecule')}.h5"

    def generated(self, molecule: str) -> Path:
        """Return the path of a molecule's generated frames.

        Raises
        ------
        StoreError
            The name is none of a molecule.
        """
        return self.datasets / f"{checked_name(molecule, 'molecule')}.xyz"

    def scan(self, molecule: str, digest: str) -> Path:
        """Return the path of a scan's geometries, by the digest of all that decides them.

        Raises
        ------
        StoreError
            The name is none of a molecule.
        """
        return self.scans / checked_name(molecule, "molecule") / f"{digest[:SHORT_DIGEST]}.h5"

    def cell(self, label: str) -> CellFolder:
        """Return the folder of a cell by its label.

        Raises
        ------
        StoreError
            The label is none of a cell, and might lead out of the store.
        """
        return CellFolder(self.cells / checked_label(label))


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing if there is none.

    Raises
    ------
    OSError
        It cannot be read.
    """
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # A link to a folder elsewhere is no attempt: nobody has claimed it by making it.
    return entry.is_dir(follow_symlinks=False)

"""One cell of the mean model, trained by the real worker on a disk that fails."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from store.faults.actors import acknowledged
from store.faults.content import same
from store.faults.nursery import Nursery
from store.faults.stores import trainable

from hpcmlff.errors import EXIT_STOPPED_EARLY, StoreError
from hpcmlff.files import read_json
from hpcmlff.spec.cells import Cell
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.image import Content
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.store import Store, open_store

WORKER = ("hpcmlff.worker.__main__", "hpcmlff.worker.cell", "hpcmlff.models.mean")
"""What a worker imports."""

_STEPS = 25


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The same cell again and again, from the beginning."""

    origin: Path
    """A store without attempts."""
    cell: Cell
    """Its cell."""
    unbroken: Content
    """The final checkpoint of a training without faults."""
    path: Path
    """Where the store is put in each round."""
    nursery: Nursery
    """Starts the workers."""

    @classmethod
    def make(cls, folder: Path, disk: Path, nursery: Nursery) -> Self:
        """Prepare the store beside the disk, and train the cell once without faults."""
        store, cell = trainable(folder / "study", _STEPS)
        shutil.copytree(store.path, folder / "unbroken")
        whole = open_store(folder / "unbroken")
        code = nursery.run("actors.work", _arguments(whole, cell), str(folder / "journal-whole"))
        found = restore(whole.cell(cell))
        if code != 0 or found is None:
            raise RuntimeError(f"the worker ends with {code} where nothing fails")
        where = disk / "store"
        content = found.content
        return cls(origin=store.path, cell=cell, unbroken=content, path=where, nursery=nursery)

    @property
    def folder(self) -> CellFolder:
        """The cell's folder."""
        return self.store.cell(self.cell)

    @property
    def store(self) -> Store:
        """The store on the failing disk."""
        return open_store(self.path)

    @property
    def journal(self) -> Path:
        """What was acknowledged."""
        return self.origin.parent / "journal"

    def begin(self) -> None:
        """Put a fresh store there, with the checkpoints of a first part."""
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(self.origin, self.path)
        self.journal.unlink(missing_ok=True)
        self.errors.unlink(missing_ok=True)
        if self._work(deadline_s=0) != EXIT_STOPPED_EARLY:
            raise RuntimeError("the worker does not stop at its deadline")

    def stops_cleanly(
        self, reason: str, step: int | None = None, *, can_tell: bool = True
    ) -> list[str]:
        """Run the worker where the disk fails; return what is wrong with how it ends.

        Parameters
        ----------
        reason
            The system's words, which must be told.
        step
            Let the file layer fail from this step on; None if the disk itself does.
        can_tell
            There is room for a line; if not, the exit code alone has to tell.
        """
        code = self._work(step=step)
        wrong = [] if code in {0, StoreError.exit_code} else [f"the worker ends with {code}"]
        if code and can_tell and reason not in self._told():
            wrong.append(f"nobody is told: {self._told()!r}")
        if (found := self._served()) < (least := acknowledged(self.journal)):
            wrong.append(f"{least} was acknowledged, {found} is served")
        return wrong

    def ends_as_unbroken(self) -> list[str]:
        """Run the worker where nothing fails; compare its result with that of an unbroken one."""
        if code := self._work():
            return [f"the worker ends with {code} where there is room again: {self._told()}"]
        found = restore(self.folder)
        if found is None or not found.final:
            return ["the cell is not done"]
        pairs = [(found.content.packed, self.unbroken.packed)]
        pairs.append((found.content.plain, self.unbroken.plain))
        return [
            f"{name} differs from that of an unbroken training"
            for ours, theirs in pairs
            for name in ours.keys() | theirs.keys()
            if not same(ours[name], theirs[name])
        ]

    @property
    def errors(self) -> Path:
        """What the worker says before it has a log."""
        return self.origin.parent / "errors"

    def _work(self, step: int | None = None, deadline_s: float | None = None) -> int:
        arguments = _arguments(self.store, self.cell)
        arguments += [] if deadline_s is None else ["--deadline-s", str(deadline_s)]
        given = [arguments, str(self.journal), step, str(self.errors)]
        return self.nursery.run("actors.work", *given)

    def _served(self) -> int:
        found = restore(self.folder)
        return found.sequence if found else 0

    def _told(self) -> str:
        newest = self.folder.attempts()[0]
        end = str((read_json(newest.end) or {}).get("message", ""))
        log = newest.log.read_text() if newest.log.exists() else ""
        return end + log + (self.errors.read_text() if self.errors.exists() else "")


def _arguments(store: Store, cell: Cell) -> list[str]:
    arguments = ["--store", str(store.path), "--cell", cell.id, "--revision", "1"]
    return [*arguments, "--commit-s", "0", "--report-s", "0", "--attempts-cap", "99"]

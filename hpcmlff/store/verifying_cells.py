"""Looking at all files of one cell."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.store.blocks import array_of
from hpcmlff.store.checkpoints import load
from hpcmlff.store.findings import NOTHING, Finding, Verdict, reason, seen_from
from hpcmlff.store.headers import newest_first
from hpcmlff.store.layout import SIMULATIONS, SUMMARY, entries
from hpcmlff.store.names import GENERATION
from hpcmlff.store.sealed import read_seal, verify
from hpcmlff.store.superseding import leads_to
from hpcmlff.store.walking import read_facts, stated_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hpcmlff.store.layout import AttemptFolder, CellFolder

_ASIDE = "once this is set aside: python -m hpcmlff.store verify --set-aside, then resume"


@dataclass(frozen=True, kw_only=True, slots=True)
class CellLook:
    """A look at one cell."""

    root: Path
    """The store."""
    folder: CellFolder
    """The cell's folder."""
    label: str
    """What the folder's place says of it."""
    verdict: Verdict
    """What has been found so far."""
    good: list[Path] = field(default_factory=list)
    """Checkpoints that verify, newest first."""
    bad: dict[Path, str] = field(default_factory=dict)
    """Those that do not, and why."""

    def run(self) -> None:
        """Look at everything."""
        found = [*self._checkpoints(), *self._links(), *self._records(), *self._blocks()]
        found += self._simulations()
        self.verdict.findings += [*found, *self._strange()]

    def _checkpoints(self) -> Iterator[Finding]:
        order = list(newest_first(self.folder))
        for path in order:
            if why := self._reads(path, self._load):
                self.bad[path] = why
            elif path.exists():
                self.good.append(path)
        serving = self.good[0] if self.good else None
        for path, why in self.bad.items():
            needed = serving is None or order.index(path) < order.index(serving)
            serves = self._serves(path, serving) if needed else "newer ones are whole"
            movable = serving is not None
            yield Finding(path=path, what=why, serves=serves, movable=movable)

    def _serves(self, path: Path, serving: Path | None) -> str:
        if serving is None:
            return NOTHING
        name = seen_from(self.root, serving)
        return f"{name}, {_ASIDE}" if _looks_final(path) else name

    def _load(self, path: Path) -> None:
        stated = load(path).content.notes.get("cell_id")
        short = self.label.rsplit("-", 1)[1]
        if stated is not None and not str(stated).startswith(short):
            raise StoreError("holds another cell's checkpoint", where=str(path))

    def _links(self) -> Iterator[Finding]:
        for attempt in self.folder.attempts():
            path = attempt.newest_link
            why = "" if _is_one_of(attempt, path) else self._reads(path, verify)
            if why:
                whole = [one for one in self.good if one.parent == attempt.path]
                serves = seen_from(self.root, whole[0]) if whole else "nothing needs it"
                yield Finding(path=path, what=why, serves=serves, movable=True)

    def _records(self) -> Iterator[Finding]:
        why = self._reads(self.folder.description, lambda _: stated_cell(self.folder, self.label))
        missing = not self.folder.description.exists() and (self.good or self.bad)
        if why or missing:
            serves = "the frozen grid, which describes the cell as well"
            yield Finding(path=self.folder.description, what=why or "is missing", serves=serves)
        for attempt in self.folder.attempts():
            for path in (attempt.start, attempt.end):
                if why := self._reads(path, read_facts):
                    serves = "nothing; only what it says of the attempt is lost"
                    yield Finding(path=path, what=why, serves=serves)

    def _blocks(self) -> Iterator[Finding]:
        if self.folder.blocks.is_symlink():
            return
        for entry in entries(self.folder.blocks):
            path = self.folder.blocks / entry.name
            if entry.name.startswith(".") or path.suffix != ".block":
                continue
            if why := self._reads(path, lambda path: array_of(verify(path), path)):
                serves = "nothing; the cell's next attempt makes it anew"
                yield Finding(path=path, what=why, serves=serves, movable=True)

    def _simulations(self) -> Iterator[Finding]:
        serves = "nothing; give the simulation's command again"
        for kind in SIMULATIONS:
            folder = self.folder.simulations(kind)
            for name in (one.name for one in entries(folder) if one.is_dir(follow_symlinks=False)):
                for path in sorted((folder / name).glob("[!.]*.h5")):
                    if why := self._reads(path, verify):
                        yield Finding(path=path, what=why, serves=serves, movable=True)
                if why := self._reads(folder / name / SUMMARY, read_facts):
                    path = folder / name / SUMMARY
                    yield Finding(path=path, what=why, serves=serves, movable=True)

    def _strange(self) -> Iterator[Finding]:
        names = {attempt.path.name for attempt in self.folder.attempts()}
        for entry in entries(self.folder.path):
            path = self.folder.path / entry.name
            if path == self.folder.newest:
                if leads_to(self.folder) not in names:
                    serves = "move it away, then python -m hpcmlff.store index --anew"
                    yield Finding(path=path, what="leads to no attempt", serves=serves)
            elif entry.is_symlink():
                yield Finding(path=path, what="is a link, not followed", serves="move it away")

    def _reads(self, path: Path, check: Callable[[Path], object]) -> str:
        """Return why a file cannot be used, or an empty text; also if it is gone."""
        try:
            check(path)
        except FileNotFoundError:
            return ""
        except (StoreError, OSError, KeyError, TypeError, ValueError) as error:
            why = reason(error)
        else:
            why = ""
        self.verdict.files += 1
        self.verdict.size_bytes += path.lstat().st_size if os.path.lexists(path) else 0
        return why


def _is_one_of(attempt: AttemptFolder, link: Path) -> bool:
    if link.is_symlink():
        return bool(GENERATION.fullmatch(str(link.readlink())))
    files = [path for _, path in attempt.generations() if path.exists()]
    return link.exists() and any(link.samefile(path) for path in files)


def _looks_final(path: Path) -> bool:
    try:
        return bool(read_seal(path).facts.get("final"))
    except (StoreError, OSError):
        return False

"""What the checkpoints of a cell say of themselves, without reading their contents.

Commands on login nodes look at ten thousand cells; here nothing is imported to do so, and
no folder is listed twice.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcmlff.errors import StoreError
from hpcmlff.store.names import ATTEMPT, GENERATION
from hpcmlff.store.sealed import Seal, read_seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hpcmlff.store.layout import AttemptFolder, CellFolder


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A quick look at a cell's folder."""

    attempts: int
    """Attempts claimed so far."""
    newest: AttemptFolder | None
    """The newest of them; None if there is none."""
    done: bool
    """The newest checkpoint is the cell's result, judged by its header."""


def look(cell: CellFolder) -> Look:
    """Look at a cell's folder once, and again only where something is in the way."""
    numbers = cell.attempt_numbers()
    if not numbers:
        return Look(attempts=0, newest=None, done=False)
    newest = cell.attempt(numbers[0])
    found = _newest_of(newest) or newest_seal(cell)
    done = found is not None and bool(found.facts["final"])
    return Look(attempts=len(numbers), newest=newest, done=done)


def _newest_of(attempt: AttemptFolder) -> Seal | None:
    for _, path in attempt.generations()[:1]:
        with suppress(StoreError, OSError):
            return checked(read_seal(path), path)
    return None


def newest_seal(cell: CellFolder) -> Seal | None:
    """Return the header of the newest checkpoint, without reading the content.

    A damaged header is passed over; `hpcmlff.store.checkpoints.restore` looks at contents
    as well.
    """
    for paths in listings(cell):
        for path in paths:
            with suppress(StoreError, OSError):
                return checked(read_seal(path), path)
    return None


def is_done(cell: CellFolder) -> bool:
    """Tell whether a cell's newest checkpoint is its result, judged by the header."""
    return look(cell).done


def newest_first(cell: CellFolder) -> Iterator[Path]:
    """Return all checkpoints' files in the order in which they are restored."""
    for attempt in cell.attempts():
        for _, path in attempt.generations():
            yield path


def listings(cell: CellFolder) -> Iterator[list[Path]]:
    """List the files again until nothing has changed: a job may replace all that was listed."""
    before = None
    while (found := list(newest_first(cell))) != before:
        yield found
        before = found


def checked(found: Seal, path: Path) -> Seal:
    """Refuse a whole file that somebody has put under another one's name.

    Raises
    ------
    StoreError
        The header is that of another file.
    """
    named = GENERATION.fullmatch(path.name), ATTEMPT.fullmatch(path.parent.name)
    stated = (found.facts.get("sequence"), found.facts.get("attempt"))
    is_named = all(match and int(match[1]) == is_ for match, is_ in zip(named, stated, strict=True))
    if found.facts.get("kind") != "checkpoint" or not is_named:
        raise StoreError("the header belongs to a file of another name", where=str(path))
    if not isinstance(found.facts.get("final"), bool):
        raise StoreError("the header does not say whether it is final", where=str(path))
    return found

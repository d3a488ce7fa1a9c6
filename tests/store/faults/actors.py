"""What the processes do that are killed, suspended or race: the product's own claim and commit."""

from __future__ import annotations

import errno
import os
import resource
import signal as signals
import time
from pathlib import Path
from typing import Any

from store.faults.content import content
from store.faults.layer import Layer, failing, signalling, unreadable

from hpcmlff.errors import EXIT_STOPPED_EARLY, CheckpointError, Superseded
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.layout import AttemptFolder, CellFolder

FOR_EVER = 10**9


class Journal:
    """Lines that are out of the process at once, and so survive its death.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, *words: object) -> None:
        """Append a line, whole or not at all."""
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


def journal_lines(path: Path) -> list[list[str]]:
    """Return the words of all lines of a journal."""
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def train(
    cell_path: str,
    journal: str,
    most: int = FOR_EVER,
    step: int | None = None,
    signal: int = 0,
    pause_s: float = 0.0,
) -> int:
    """Claim, restore, and commit on and on; note every checkpoint once it is acknowledged.

    Parameters
    ----------
    cell_path, journal
        The cell's folder and the file to note in.
    most
        Checkpoints to write.
    step, signal
        Send oneself this signal at this step of the work on files; None for never.
    pause_s
        Time between two checkpoints.
    """
    cell, notes = CellFolder(Path(cell_path)), Journal(journal)
    if step is not None:
        Layer(under=cell_path, act=signalling(signal), step=step).arm()
    attempt = claim(cell)
    found = restore(cell)
    sequence = found.sequence if found else 0
    notes.note("restored", attempt.number, sequence)
    try:
        for number in range(sequence + 1, sequence + 1 + most):
            acknowledge(cell, attempt, number, notes)
            time.sleep(pause_s)
    except Superseded:
        return EXIT_STOPPED_EARLY
    return 0


def acknowledge(cell: CellFolder, attempt: AttemptFolder, sequence: int, notes: Journal) -> None:
    """Commit one checkpoint and note it."""
    commit(cell, attempt, sequence, content(cell, attempt.number, sequence), final=False)
    notes.note("acknowledged", attempt.number, sequence)


def acknowledged(journal: Path) -> int:
    """Return the highest sequence that was acknowledged, 0 for none."""
    lines = journal_lines(journal)
    return max((int(words[2]) for words in lines if words[0] == "acknowledged"), default=0)


def claim_often(cell_path: str, journal: str, times: int, begin: str) -> None:
    """Claim attempts as soon as a file is there, and note their numbers."""
    notes = Journal(journal)
    while not Path(begin).exists():
        time.sleep(0.0005)
    for _ in range(times):
        notes.note(claim(CellFolder(Path(cell_path))).number)


def restore_all_bad(cell_path: str, journal: str, bad: list[str]) -> None:
    """Restore while some files cannot be read; note what comes of it."""
    unreadable(bad)
    notes = Journal(journal)
    try:
        found = restore(CellFolder(Path(cell_path)))
    except CheckpointError as error:
        notes.note("refused", error)
    else:
        notes.note("served", found.path if found else "nothing: the cell starts from zero")


def train_until_refused(cell_path: str, journal: str, limit: int | None = None) -> None:
    """Train until the disk refuses; note the error.

    Parameters
    ----------
    cell_path, journal
        The cell's folder and the file to note in, which is on another disk.
    limit
        Bytes no file may be larger than; None for no limit but the disk's.
    """
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    notes = Journal(journal)
    try:
        train(cell_path, journal, most=200)
    except OSError as error:
        notes.note("refused", type(error).__name__, error.errno)


def train_with_failures(cell_path: str, journal: str, step: int, forever: bool) -> None:
    """Train while the file layer fails at one step, or from it on; note the error."""
    Layer(under=cell_path, act=failing(), step=step, forever=forever).arm()
    notes = Journal(journal)
    try:
        train(cell_path, journal, most=4)
    except OSError as error:
        notes.note("refused", type(error).__name__, error.errno)
    except CheckpointError as error:
        # No checkpoint could be read at all; the message says why of each.
        notes.note("refused", "CheckpointError", errno.EIO if "Errno 5" in str(error) else 0)


def work(arguments: list[str], journal: str, step: int | None = None, errors: str = "") -> int:
    """Be the real worker; note what is acknowledged to it.

    Parameters
    ----------
    arguments
        The worker's.
    journal
        The file to note in.
    step
        Let the file layer fail from this step on; None for never.
    errors
        Where stderr goes, as long as the worker has no log of its own.
    """
    from hpcmlff.worker import attempt
    from hpcmlff.worker.__main__ import main

    notes, plain = Journal(journal), attempt.commit

    def noting(cell: CellFolder, own: AttemptFolder, sequence: int, *rest: Any, **more: Any) -> Any:
        path = plain(cell, own, sequence, *rest, **more)
        notes.note("acknowledged", own.number, sequence)
        return path

    attempt.commit = noting  # type: ignore[assignment]
    os.dup2(os.open(errors or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    if step is not None:
        under = str(Path(arguments[arguments.index("--store") + 1]) / "cells")
        Layer(under=under, act=failing(), step=step, forever=True).arm()
    return main(arguments)


def merge(other: str, store: str, step: int | None = None) -> int:
    """Merge a store into another by the user's command; be killed at a step if one is given."""
    from hpcmlff.store.__main__ import main

    if step is not None:
        Layer(under=store, act=signalling(signals.SIGKILL), step=step).arm()
    return main(["merge", other, store])

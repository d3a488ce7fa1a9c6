"""The exception tree: every error a user can meet, and the exit code it ends with.

::

    HpcmlffError            1
    ├── InputError          3   a file from outside is wrong: what, where, what to do
    │   ├── GridError       3   grid.yaml
    │   ├── ProfileError    3   a cluster profile
    │   └── DataError       3   a molecule's frames
    ├── StoreError          4   the store refuses or cannot be read
    │   ├── StoreMismatch   4   it belongs to another grid
    │   ├── CheckpointError 4   no checkpoint of a cell verifies
    │   └── NoSuchCell      4   no cell is what a pattern means, or several are
    ├── SchedulerError      5   a job could not be submitted, found or cancelled
    │   └── JobRefused      5   the scheduler said no, and there is no job
    └── TrainingError       6   a cell cannot be trained as asked
        ├── Superseded      6   a newer attempt owns the cell
        ├── Diverged        6   a number that must be finite is not
        ├── NotPositiveDefinite 6   a matrix has no Cholesky factor
        ├── TooLittleMemory 6   the job's memory does not suffice
        ├── UnusableFrames  6   no model can be trained on these frames
        ├── BrokenEnvironment 6   something cannot be imported, or a device is missing
        └── GivenUp         6   too many attempts in a row came to nothing

`EXIT_CODES` says what each code means, those that belong to no error as well.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str | int, ...]
"""Path of a value in a YAML document, such as ``("axes", "size", 2)``."""

EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_STOPPED_EARLY = 75
EXIT_INTERRUPTED = 130

EXIT_CODES = {
    0: "success",
    1: "a cell is not done (--wait), or another expected error",
    EXIT_USAGE: "wrong command line",
    3: "a grid, a profile or data are wrong; nothing was written",
    4: "the store refuses: another grid's, not writable, damaged; or no cell is what was named",
    5: "a job could not be submitted, found or cancelled",
    6: "a cell cannot be trained as asked",
    EXIT_BUG: "a bug in hpcmlff, with a traceback",
    EXIT_STOPPED_EARLY: "only in jobs: stopped early, with a checkpoint to go on from",
    EXIT_INTERRUPTED: "interrupted",
}
"""What commands and jobs end with; help texts and the documentation follow this table."""


class HpcmlffError(Exception):
    """Root of all expected errors.

    Parameters
    ----------
    what
        What is wrong, in one sentence without a full stop.
    where
        File, line, key or frame; put before the message.
    hint
        What to do about it; put after the message.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.hint}" if self.hint else text


class InputError(HpcmlffError):
    """A file from outside is wrong.

    Parameters
    ----------
    key
        Path of the offending value where the file is YAML; the reader turns it
        into file, line and key.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "", key: Key = ()) -> None:
        super().__init__(what, where=where, hint=hint)
        self.key = key


class GridError(InputError):
    """The grid file asks for something that cannot be."""


class ProfileError(InputError):
    """A cluster profile is wrong or missing."""


class DataError(InputError):
    """A molecule's frames cannot be used."""


class StoreError(HpcmlffError):
    """The store refuses or cannot be read."""

    exit_code = 4


class StoreMismatch(StoreError):  # noqa: N818 - the name says what it is
    """The store belongs to another grid."""


class CheckpointError(StoreError):
    """A cell has checkpoints and none of them verifies."""


class NoSuchCell(StoreError):  # noqa: N818 - the name says what it is
    """No cell is what a pattern means, or several are and one is needed."""


class SchedulerError(HpcmlffError):
    """A job could not be submitted, found or cancelled."""

    exit_code = 5


class JobRefused(SchedulerError):  # noqa: N818 - the name says what it is
    """The scheduler said no, and there is no job.

    Parameters
    ----------
    limit
        It said no because there are enough jobs for now.
    """

    def __init__(self, what: str, *, hint: str = "", limit: bool = False) -> None:
        super().__init__(what, hint=hint)
        self.limit = limit


class TrainingError(HpcmlffError):
    """A cell cannot be trained as asked."""

    exit_code = 6


class Superseded(TrainingError):  # noqa: N818 - the name says what it is
    """A newer attempt owns the cell; this one must stop without a trace."""


class Diverged(TrainingError):  # noqa: N818 - the name says what it is
    """A number that must be finite is not: a loss, a prediction."""


class NotPositiveDefinite(TrainingError):  # noqa: N818 - the name says what it is
    """A matrix has no Cholesky factor."""


class TooLittleMemory(TrainingError):  # noqa: N818 - the name says what it is
    """The job's memory does not suffice for the training."""


class UnusableFrames(TrainingError):  # noqa: N818 - the name says what it is
    """No model can be trained on these frames."""


class BrokenEnvironment(TrainingError):  # noqa: N818 - the name says what it is
    """Something a training needs cannot be imported on this machine, or a device is missing."""


class GivenUp(TrainingError):  # noqa: N818 - the name says what it is
    """Too many attempts in a row came to nothing."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the valid word nearest to a wrong one.

    Parameters
    ----------
    word
        What was written.
    known
        What would have been valid.

    Returns
    -------
    str
        ``"Did you mean 'size'?"``, or the list of valid words where none is near.
    """
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Valid: {', '.join(words)}" if words else ""

"""From an exception to a cause; pure."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Mapping
from typing import Final

from hpcmlff.spec.causes import Cause

KINDS: Final[Mapping[str, Cause]] = {
    "MemoryError": Cause.OUT_OF_MEMORY,
    "TooLittleMemory": Cause.OUT_OF_MEMORY,
    "OutOfMemoryError": Cause.OUT_OF_MEMORY,
    "Diverged": Cause.DIVERGED,
    "FloatingPointError": Cause.DIVERGED,
    "NotPositiveDefinite": Cause.NOT_POSITIVE_DEFINITE,
    "UnusableFrames": Cause.BAD_DATA,
    "DataError": Cause.BAD_DATA,
    "BrokenEnvironment": Cause.BROKEN_ENVIRONMENT,
    "ImportError": Cause.BROKEN_ENVIRONMENT,
    # On a node: a model that is not installed there.
    "GridError": Cause.BROKEN_ENVIRONMENT,
}
"""Names of classes: ours, Python's, and torch's for GPUs."""

_CODES: Final[Mapping[int, Cause]] = {
    # A limit to the size of a file leaves no room either.
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), Cause.DISK_FULL),
    errno.ENOMEM: Cause.OUT_OF_MEMORY,
}

_SAYING: Final[Mapping[Cause, tuple[str, ...]]] = {
    Cause.DISK_FULL: (r"no space left on device", r"disk quota exceeded"),
    # numpy's, torch's on CPUs and GPUs, C++'s and the C library's.
    Cause.OUT_OF_MEMORY: (
        r"unable to allocate",
        r"can't allocate memory",
        r"out of memory",
        r"bad_alloc",
        r"cannot allocate memory",
    ),
    Cause.NOT_POSITIVE_DEFINITE: (r"positive[- ]definite",),
    Cause.DIVERGED: (r"contains? (nan|inf)", r"infs or nans", r"non-?finite", r"not finite"),
    Cause.BROKEN_ENVIRONMENT: (r"cannot open shared object file", r"undefined symbol"),
}
_TEXTS: Final = {cause: re.compile("|".join(words), re.I) for cause, words in _SAYING.items()}
"""Libraries raise RuntimeError, ValueError or OSError for many things, and say which in words."""

_SHORTAGES = frozenset({Cause.DISK_FULL, Cause.OUT_OF_MEMORY})


def cause_of_error(error: BaseException) -> Cause:
    """Return the cause that an exception of the worker stands for; ERROR if it is none other."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return cause_of(kinds, getattr(error, "errno", None), str(error))


def cause_of(kinds: Iterable[str], code: int | None, text: str) -> Cause:
    """Return the cause of an exception of which this is known.

    Parameters
    ----------
    kinds
        Names of its class and of those it is derived from.
    code
        Its ``errno``, if it has one.
    text
        Its message.
    """
    if code is not None and code in _CODES:
        return _CODES[code]
    named = next((KINDS[kind] for kind in kinds if kind in KINDS), None)
    said = next((cause for cause, pattern in _TEXTS.items() if pattern.search(text)), None)
    # Who reads or writes a file may take want of room or memory for damage.
    return (said if said in _SHORTAGES else named) or said or Cause.ERROR

"""What an attempt has left in its folder, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpcmlff.files import changed_at, end_of_text, read_json
from hpcmlff.spec.stopping import SIGNALLED
from hpcmlff.store.layout import AttemptFolder

_SIGNAL = re.compile(rf"{SIGNALLED} (SIG[A-Z0-9]+)")
_TAIL_BYTES = 8192


@dataclass(frozen=True, kw_only=True, slots=True)
class Papers:
    """The small files of an attempt."""

    folder: AttemptFolder
    """Whose they are."""
    start: Mapping[str, Any]
    """Where and how it began; empty if it was killed before it could say."""
    end: Mapping[str, Any]
    """How it ended; empty if nobody has written it down."""
    progress: Mapping[str, Any]
    """Its last report."""

    @property
    def record(self) -> int:
        """Number of its submission in the ledger; 0 for none."""
        return int(self.start.get("record") or 0)

    def beat_s(self) -> float | None:
        """Return the seconds from its begin to its last report; None if there is none."""
        return _between_s(self.folder.start, self.folder.progress)

    def saved_s(self) -> float | None:
        """Return the seconds from its begin to its newest checkpoint; None if it left none."""
        generations = self.folder.generations()
        if not generations:
            return None
        # A checkpoint that a later attempt has not kept left nothing to measure.
        return _between_s(self.folder.start, generations[0][1]) or 0.0

    def signals(self) -> tuple[str, ...]:
        """Return the signals that its log says it has got, each once."""
        return tuple(dict.fromkeys(_SIGNAL.findall(end_of_text(self.folder.log, _TAIL_BYTES))))


def papers_of(folder: AttemptFolder) -> Papers:
    """Read what an attempt has left."""
    return Papers(
        folder=folder,
        start=_mapping(folder.start),
        end=_mapping(folder.end),
        progress=_mapping(folder.progress),
    )


def _mapping(path: Path) -> Mapping[str, Any]:
    found = read_json(path)
    return found if isinstance(found, dict) else {}


def _between_s(first: Path, last: Path) -> float | None:
    """Return the time between two files, both by the clock of the file system."""
    began, ended = changed_at(first), changed_at(last)
    return None if began is None or ended is None else max(0.0, ended - began)

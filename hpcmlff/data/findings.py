"""What a check reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was noticed about a molecule's frames."""

    severity: Literal["error", "warning", "note"]
    """An error makes any training meaningless; a note is for information."""
    code: str
    """Short name of the check, such as ``force-sign``."""
    text: str
    """What was found, in one sentence."""

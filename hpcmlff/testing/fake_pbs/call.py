"""A command as the server sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a command."""

    command: str
    """Its name."""
    arguments: list[str]
    """Its arguments."""
    folder: Path
    """Where it was called."""
    environment: dict[str, str]
    """Its environment."""
    text: str | None
    """What stood on its standard input; None if it was not read."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a command does."""

    code: int = 0
    """Exit code."""
    printed: str = ""
    """Standard output."""
    words: str = ""
    """Standard error."""
    ready: Callable[[], int | None] | None = None
    """Until this returns an exit code the command waits; None if it does not wait."""


class TextNeededError(Exception):
    """The command reads its standard input first."""


def refuse(command: str, words: list[str], code: int) -> Answer:
    """Return an answer that complains line by line."""
    return Answer(code=code, words="".join(f"{command}: {line}\n" for line in words))

"""Counting the calls of commands, which note themselves in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class PbsCall:
    """One call of a command."""

    command: str
    """The command, such as ``qsub``."""
    job_id: str | None
    """The job that called it; None on the login node."""
    arguments: str
    """Its arguments, separated by spaces."""


class PbsCallLog:
    """The calls of one fake server's commands.

    Parameters
    ----------
    file
        Where the commands note themselves.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def calls(self, command: str | None = None) -> list[PbsCall]:
        """Return the calls since the last ``clear``, of one command or of all."""
        if not self.file.exists():
            return []
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [_call(line) for line in lines]
        return [call for call in found if command in {None, call.command}]

    def clear(self) -> None:
        """Forget all calls."""
        self.file.unlink(missing_ok=True)


def _call(line: str) -> PbsCall:
    command, job_id, arguments = line.split(" ", 2)
    return PbsCall(
        command=command, job_id=None if job_id == "-" else job_id, arguments=arguments.strip()
    )

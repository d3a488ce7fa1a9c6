"""Counting the calls of Slurm's commands: programs of the same names, first on PATH."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

COUNTED = ("sbatch", "squeue", "sacct", "sacctmgr", "scancel", "scontrol", "sinfo", "srun")
"""Commands whose calls are counted."""

# One short line appended at once is never mixed with another's, write(2).
_WRAPPER = """\
#!/bin/sh
printf '%s %s %s\\n' {name} "${{SLURM_JOB_ID:--}}" "$(printf '%s ' "$@" | tr '\\n' ' ')" >>{log}
exec {program} "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a command."""

    command: str
    """The command, such as ``sbatch``."""
    job_id: str | None
    """The job that called it; None on the login node."""
    arguments: str
    """Its arguments, separated by spaces."""


class CallLog:
    """Counts calls in one folder.

    Parameters
    ----------
    folder
        An existing folder for the programs and the log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "calls.log"

    def install(self) -> None:
        """Write the programs, each of which runs the real one."""
        for name in COUNTED:
            program = shutil.which(name)
            if program is None:
                continue
            text = _WRAPPER.format(
                name=name, log=shlex.quote(str(self._log)), program=shlex.quote(program)
            )
            wrapper = self.folder / name
            wrapper.write_text(text, encoding="utf-8")
            wrapper.chmod(0o755)

    @property
    def path(self) -> str:
        """A PATH on which the counting programs come first."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    def calls(self, command: str | None = None) -> list[Call]:
        """Return the calls since the last ``clear``, of one command or of all."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(encoding="utf-8").splitlines()
        found = [_call(line) for line in lines]
        return [call for call in found if command in {None, call.command}]

    def clear(self) -> None:
        """Forget all calls."""
        self._log.unlink(missing_ok=True)


def _call(line: str) -> Call:
    command, job_id, arguments = line.split(" ", 2)
    return Call(
        command=command, job_id=None if job_id == "-" else job_id, arguments=arguments.strip()
    )

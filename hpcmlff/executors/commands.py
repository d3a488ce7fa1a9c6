"""Calling a scheduler's commands: argument lists, a timeout on each, errors in its own words."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from hpcmlff.errors import SchedulerError

TIMEOUT_S = 60.0
"""A busy controller answers late; one that has not answered by then is down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a command has answered."""

    code: int
    """Exit code."""
    printed: str
    """Standard output."""
    complaint: str
    """Standard error."""

    @property
    def words(self) -> str:
        """What it said for people: its complaint, or what it printed, or its exit code."""
        return (self.complaint or self.printed).strip() or f"exit code {self.code}"


def call_command(arguments: Sequence[str], timeout_s: float = TIMEOUT_S) -> Answer:
    """Run a command of the scheduler and return its answer, whatever its exit code.

    Parameters
    ----------
    arguments
        Program and arguments; no shell is involved.
    timeout_s
        Longest wait in seconds.

    Raises
    ------
    SchedulerError
        It is not there, or did not answer in time.
    """
    program = arguments[0]
    try:
        done = subprocess.run(
            list(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except FileNotFoundError:
        raise SchedulerError(
            f"the command {program!r} is not on this machine",
            hint="Is this a login node of the cluster? --profile names another profile",
        ) from None
    except subprocess.TimeoutExpired:
        raise SchedulerError(f"{program} did not answer within {timeout_s:g} s") from None
    return Answer(code=done.returncode, printed=done.stdout, complaint=done.stderr)


def run_command(arguments: Sequence[str], timeout_s: float = TIMEOUT_S) -> str:
    """Run a command of the scheduler and return what it printed.

    Parameters
    ----------
    arguments
        Program and arguments; no shell is involved.
    timeout_s
        Longest wait in seconds.

    Raises
    ------
    SchedulerError
        It is not there, refused, or did not answer in time; its words are shown.
    """
    answer = call_command(arguments, timeout_s)
    if answer.code != 0:
        raise SchedulerError(f"{arguments[0]}: {answer.words}")
    return answer.printed

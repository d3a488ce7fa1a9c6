"""Calling a scheduler's commands: argument lists, a timeout on each, errors in its own words."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from hpcmlff.errors import SchedulerError

TIMEOUT_S = 60.0
"""A busy controller answers late; one that has not answered by then is down."""


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
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise SchedulerError(f"{program}: {words}")
    return done.stdout

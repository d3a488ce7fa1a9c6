"""What the executors of all schedulers do about a submission through submitit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hpcmlff.executors.commands import TIMEOUT_S
from hpcmlff.spec.threads import thread_environment

if TYPE_CHECKING:
    from hpcmlff.executors.base import Work
    from hpcmlff.spec.plan import Placement
    from hpcmlff.spec.profile import ClusterProfile


def function_of(work: Work) -> Any:
    """Return the function that a submission names."""
    module, _, name = work.function.partition(":")
    return getattr(import_module(module), name)


def setup_lines(profile: ClusterProfile, place: Placement) -> list[str]:
    """Return the shell lines before Python starts in a job."""
    scratch = []
    if profile.scratch:
        scratch = [f'export TMPDIR="{profile.scratch}"', 'mkdir -p "$TMPDIR"']
    # Modules lying in the folder of the submission must not shadow those that jobs import.
    exports = {"PYTHONSAFEPATH": "1", **thread_environment(place.cpus)}
    return [*profile.setup, *scratch, *(f"export {key}={value}" for key, value in exports.items())]


def await_command(program: str, work: Work) -> None:
    """Wait for a submission that has outlived the command it was started by.

    Parameters
    ----------
    program
        The scheduler's program, such as ``qsub``.
    work
        What it submits.
    """
    import psutil

    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        commands = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
        if not any(_submits(command, program, work.folder.name) for command in commands):
            return
        time.sleep(0.1)


def complete(work: Work, names: Iterable[str]) -> None:
    """Write the pickles that are put in place only after the scheduler has answered.

    Parameters
    ----------
    work
        What was submitted.
    names
        The elements' ids as in file names.
    """
    from submitit.core.utils import DelayedSubmission, JobPaths

    for name in names:
        paths = JobPaths(work.folder, job_id=name)
        if not paths.submitted_pickle.exists():
            delayed = DelayedSubmission(function_of(work), *work.arguments)
            temporary = work.folder / f"{name}.pkl"
            delayed.dump(temporary)
            paths.move_temporary_file(temporary, "submitted_pickle")


def _submits(command: Sequence[str], program: str, mark: str) -> bool:
    # Some sites put a script of the same name before the scheduler's own.
    named = any(word.rpartition("/")[2] == program for word in command)
    return named and any(mark in word for word in command)

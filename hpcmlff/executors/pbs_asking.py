"""Calling PBS's commands: one qstat for all jobs, retries, refusals in PBS's own words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hpcmlff.errors import JobRefused, SchedulerError
from hpcmlff.executors.commands import TIMEOUT_S, Answer, call_command
from hpcmlff.executors.pbs_ids import JobId, submitted_id
from hpcmlff.executors.pbs_listing import (
    Attributes,
    full_json,
    full_text,
    gone,
    keeps_no_history,
    table_states,
)

BACK_OFF_S = (0.5, 2.0)
"""Waits before a command is given again that could not reach the server."""

_UNREACHED = re.compile(r"connection refused|cannot connect to server|couldn't connect", re.I)
"""Words after which nothing has been asked of the server yet."""

_UNCLEAR = re.compile(r"premature end|end of file|timed? ?out|no reply|protocol|not respond", re.I)
"""Words of qsub after which the job may be there all the same."""

_LIMIT = re.compile(r"maximum number of jobs|would exceed", re.I)
"""Words of qsub where there are enough jobs for now, from ``pbs_error.h`` of OpenPBS."""

_OVER = re.compile(r"has finished|unknown job id|request invalid for state", re.I)
"""Words of qdel about a job that has ended, or is ending."""

_LISTED = 500
"""With more jobs qstat is asked for all there are: it puts one question for each id."""

_DELETE_S = 0.02
"""Longest time that qdel takes for an element, observed to be 4 ms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What one qstat has told."""

    jobs: dict[JobId, dict[str, str]] = field(default_factory=dict)
    """Attributes of the jobs it has shown."""
    gone: set[JobId] = field(default_factory=set)
    """Those it knows no more, or that have finished."""
    history: bool = True
    """Whether it can tell of finished jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letters:
    """The states that one qstat has told."""

    shown: dict[JobId, str]
    """Letter of each job it has shown."""
    gone: set[JobId]
    """Jobs it knows no more, or that have finished."""
    everything: bool
    """Whether it has shown all jobs there are."""

    def of(self, job: JobId) -> str:
        """Return a job's letter: ``F`` if it is over, empty if nothing was learnt of it."""
        if job in self.shown:
            return self.shown[job]
        over = self.everything and job.whole not in self.shown
        return "F" if over or job in self.gone or job.whole in self.gone else ""


def ask(arguments: Sequence[str], timeout_s: float = TIMEOUT_S) -> Answer:
    """Run a command, again after a while if it could not reach the server.

    Raises
    ------
    SchedulerError
        It is not there, or did not answer in time.
    """
    answer = call_command(arguments, timeout_s)
    for wait_s in BACK_OFF_S:
        if answer.code == 0 or not _UNREACHED.search(answer.complaint):
            break
        time.sleep(wait_s)
        answer = call_command(arguments, timeout_s)
    return answer


def tell(arguments: Sequence[str]) -> str:
    """Return what a command prints, run again after a while if it could not reach the server.

    Raises
    ------
    SchedulerError
        It failed; its words are shown.
    """
    answer = ask(arguments)
    if answer.code != 0:
        raise SchedulerError(f"{arguments[0]}: {answer.words}")
    return answer.printed


def letters(jobs: Iterable[JobId]) -> Letters:
    """Ask one qstat for the states of jobs and of all elements of arrays.

    Raises
    ------
    SchedulerError
        qstat is not there, or did not answer in time.
    """
    ids = [job.pbs for job in dict.fromkeys(jobs)]
    asked = ids if len(ids) <= _LISTED else []
    answer = ask(["qstat", "-t", *asked])
    return Letters(
        shown=table_states(answer.printed),
        gone=gone(answer.complaint),
        everything=not asked and answer.code == 0,
    )


def inspect(jobs: Iterable[JobId], *, history: bool) -> Inspection:
    """Ask qstat for all it knows of jobs and of all elements of arrays.

    Parameters
    ----------
    jobs
        Jobs and arrays.
    history
        Whether to ask for finished ones, too; asked once more without if PBS keeps none.

    Raises
    ------
    SchedulerError
        qstat is not there, or did not answer in time.
    """
    ids = [job.pbs for job in dict.fromkeys(jobs)]
    # As JSON, qstat shows only the first of several.
    form = ["-F", "json"] if len(ids) == 1 else []
    answer = ask(["qstat", *(["-x"] if history else []), "-t", "-f", *form, *ids])
    if history and keeps_no_history(answer.complaint):
        return inspect(jobs, history=False)
    read = full_json if form else full_text
    return Inspection(jobs=read(answer.printed), gone=gone(answer.complaint), history=history)


def everything() -> dict[JobId, dict[str, str]]:
    """Return the attributes of all queued and running jobs; elements are left out.

    Raises
    ------
    SchedulerError
        qstat failed.
    """
    return full_text(tell(["qstat", "-f"]))


def attributes(job: JobId) -> Attributes | None:
    """Return the attributes of one job; None if PBS does not know it.

    Raises
    ------
    SchedulerError
        qstat could not tell.
    """
    answer = ask(["qstat", "-f", "-F", "json", job.pbs])
    found = full_json(answer.printed).get(job)
    if found is None and job not in gone(answer.complaint):
        raise SchedulerError(f"qstat: {answer.words}")
    return found


def submit(arguments: Sequence[str]) -> str:
    """Call qsub and return the id it has printed.

    Parameters
    ----------
    arguments
        Without the program.

    Raises
    ------
    JobRefused
        PBS has said no; its words are shown.
    SchedulerError
        PBS could not be reached, or its answer was lost.
    """
    # Without -f it leaves a process behind that looks like a submission under way.
    answer = ask(["qsub", "-f", *arguments])
    if answer.code == 0:
        try:
            return submitted_id(answer.printed)
        except ValueError:
            raise _lost(f"qsub printed no id: {answer.printed.strip()!r}") from None
    words = _without_usage(answer.words)
    if _UNREACHED.search(words):
        raise SchedulerError(words, hint="Nothing was submitted; give the same command again later")
    if answer.code < 0 or _UNCLEAR.search(words):
        raise _lost(words)
    raise JobRefused(words, limit=bool(_LIMIT.search(words)))


def delete(jobs: Sequence[JobId], elements: int = 0) -> None:
    """Ask jobs to stop with one qdel; those that are over are none to worry about.

    Parameters
    ----------
    jobs
        Jobs, arrays or elements.
    elements
        How many elements these have in all: qdel takes its time over large arrays.

    Raises
    ------
    SchedulerError
        PBS refused; its words are shown.
    """
    if not jobs:
        return
    answer = ask(["qdel", *(job.pbs for job in jobs)], TIMEOUT_S + _DELETE_S * elements)
    wrong = [line for line in answer.complaint.splitlines() if line and not _OVER.search(line)]
    if wrong and answer.code != 0:
        raise SchedulerError("\n".join(wrong))


def _lost(words: str) -> SchedulerError:
    return SchedulerError(
        f"it is not known whether PBS took the job:\n{words}",
        hint="Give the same command again: it finds the job or submits it",
    )


def _without_usage(words: str) -> str:
    return words.partition("\nusage:")[0]

"""Reading what squeue and sacct print; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hpcmlff.spec.states import JobState

SQUEUE_FORMAT: Final = "%F|%K|%T"
"""Job id of the array or job, index of the element (``N/A`` without array), state."""

SACCT_FORMAT: Final = "JobID,State,ExitCode"

_QUEUED = "PENDING REQUEUED REQUEUE_FED REQUEUE_HOLD SPECIAL_EXIT RESV_DEL_HOLD"
_PUT_BACK = "REQUEUED"
"""A run that somebody has put back into the queue; sacct shows the next one as a job of its own."""
_RUNNING = "RUNNING CONFIGURING COMPLETING RESIZING SIGNALING STAGE_OUT STOPPED SUSPENDED"
_ENDED = (
    "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED"
    " TIMEOUT"
)
STATES: Final[Mapping[str, JobState]] = (
    dict.fromkeys(_QUEUED.split(), JobState.QUEUED)
    | dict.fromkeys(_RUNNING.split(), JobState.RUNNING)
    | dict.fromkeys(_ENDED.split(), JobState.ENDED)
)
"""Slurm's words for a job's state, from squeue(1), "JOB STATE CODES". A completing job
counts as running, since its processes may still live."""


def element_states(printed: str) -> dict[tuple[str, int], JobState]:
    """Return the state of every element that ``squeue -r`` has printed.

    Parameters
    ----------
    printed
        Lines of `SQUEUE_FORMAT`.

    Returns
    -------
    dict
        Job id and element to state; a word Slurm has added since is UNKNOWN.
    """
    rows = (line.split("|") for line in printed.splitlines() if line.count("|") == 2)
    return {
        (job_id, _index(element)): STATES.get(_word(state), JobState.UNKNOWN)
        for job_id, element, state in rows
    }


def endings(rows: Iterable[tuple[str, int, str]]) -> dict[str, dict[int, tuple[str, ...]]]:
    """Return how elements ended: job id to element to the words of each of its runs.

    Parameters
    ----------
    rows
        Job id, element and words; of several for one element the last is its last run.
        Elements still alive are left out.
    """
    runs: dict[tuple[str, int], list[str]] = {}
    for job_id, element, words in rows:
        runs.setdefault((job_id, element), []).append(words)
    found: dict[str, dict[int, tuple[str, ...]]] = {}
    for (job_id, element), all_ in runs.items():
        if _is_over(all_[-1]):
            found.setdefault(job_id, {})[element] = tuple(filter(_is_run, all_))
    return found


def _is_over(words: str) -> bool:
    return STATES.get(_word(words)) is JobState.ENDED


def _is_run(words: str) -> bool:
    """Tell whether these are the words of a run that has ended, and not of waiting for one."""
    return _is_over(words) or _word(words) == _PUT_BACK


def squeue_rows(printed: str) -> Iterable[tuple[str, int, str]]:
    """Read lines of `SQUEUE_FORMAT` into job id, element, state."""
    rows = (line.split("|") for line in printed.splitlines() if line.count("|") == 2)
    return ((job_id, _index(element), state) for job_id, element, state in rows)


def sacct_rows(printed: str) -> Iterable[tuple[str, int, str]]:
    """Read lines of `SACCT_FORMAT` (``-X -n -P``) into job id, element, state with exit code."""
    for line in printed.splitlines():
        if line.count("|") != 2:
            continue
        name, state, code = line.split("|")
        job_id, _, element = name.partition("_")
        words = state if code in {"", "0:0"} else f"{state} {code}"
        for index in _elements(element):
            yield job_id, index, words


def ranges(elements: Iterable[int]) -> str:
    """Return numbers of elements as Slurm writes them: ``0-2,5``."""
    found: list[list[int]] = []
    for element in sorted(set(elements)):
        if found and element == found[-1][1] + 1:
            found[-1][1] = element
        else:
            found.append([element, element])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in found)


def _elements(text: str) -> Iterator[int]:
    """Return the elements in ``7``, or in ``[0-2,5%4]`` for those that never ran."""
    for part in text.strip("[]").partition("%")[0].split(","):
        low, _, high = part.partition("-")
        # A long list ends in "...".
        if (low or "0").isdigit() and (high or "0").isdigit():
            yield from range(int(low or 0), int(high or low or 0) + 1)


def _index(element: str) -> int:
    return int(element) if element.isdigit() else 0


def _word(state: str) -> str:
    # "CANCELLED by 1000", and "RUNNING+" where a column is cut.
    words = state.split()
    return words[0].rstrip("+") if words else ""

"""From what lies in a store to the facts of an attempt's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.diagnosis.facts import Facts
from hpcmlff.executors.processes import was_rebooted
from hpcmlff.spec.strict import seconds

if TYPE_CHECKING:
    from typing import Any

    from hpcmlff.diagnosis.casebook import Entry
    from hpcmlff.diagnosis.papers import Papers
    from hpcmlff.store.ledger import Ending


def facts_of(papers: Papers, entry: Entry | None, cell_id: str, later: int = 0) -> Facts:
    """Return what is known of the end of an attempt.

    Parameters
    ----------
    papers
        What the attempt has left.
    entry
        Its submission; None if it was started by hand, or the record is damaged.
    cell_id
        The cell.
    later
        Number of the submission that the attempt after it belongs to; 0 if it is the newest.
    """
    same = entry is not None and later == papers.record
    unwritten = not papers.end
    process = papers.start.get("process")
    job = _of_job(entry, cell_id, papers.start.get("run"), was_last=not same)
    if unwritten and entry is not None and not entry.record.ended:
        # Nobody has looked into the job's output yet.
        job["line"] = "" if same else entry.printed(cell_id)
    return Facts(
        attempt=papers.folder.number,
        end=papers.end,
        progress=papers.progress,
        beat_s=papers.beat_s(),
        saved_s=papers.saved_s(),
        signals=papers.signals() if unwritten else (),
        put_back=same,
        rebooted=unwritten and process is not None and was_rebooted(process),
        **job,
    )


def facts_of_job(entry: Entry, cell_id: str) -> Facts:
    """Return what is known of a job that ended before it began a cell.

    Parameters
    ----------
    entry
        The submission.
    cell_id
        The cell.
    """
    return Facts(attempt=0, **_of_job(entry, cell_id, None, was_last=True))


def _of_job(
    entry: Entry | None, cell_id: str, run: int | None, *, was_last: bool
) -> dict[str, Any]:
    if entry is None:
        return {}
    record, ending = entry.record, entry.ending(cell_id)
    return {
        "scheduler": str(record.profile["scheduler"]),
        "words": _words(ending, run, was_last=was_last),
        # What comes last in the output belongs to the last run, and so does a request to stop.
        "line": ending.line if was_last else "",
        "cancelled": cell_id in entry.cancelled and was_last,
        "mem_gb": record.memory_gb(cell_id),
        "walltime_s": float(record.placement["walltime_s"]),
        "grace_s": float(seconds(record.profile["grace"])),
    }


def _words(ending: Ending, run: int | None, *, was_last: bool) -> str:
    """Return the words for one run of a job that may have been put back."""
    runs = (*ending.earlier, ending.words) if ending.words else ()
    if run is not None and run < len(runs):
        return runs[run]
    return ending.words if was_last else ""

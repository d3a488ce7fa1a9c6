"""Why one attempt of a cell ended, or a job that never began it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcmlff.diagnosis.diagnosis import Diagnosis, judged
from hpcmlff.diagnosis.following import Following, following
from hpcmlff.diagnosis.gathering import facts_of, facts_of_job
from hpcmlff.diagnosis.papers import papers_of
from hpcmlff.diagnosis.verdict import cause_of_facts
from hpcmlff.spec.causes import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpcmlff.diagnosis.casebook import Casebook, Entry
    from hpcmlff.diagnosis.facts import Facts
    from hpcmlff.diagnosis.papers import Papers
    from hpcmlff.spec.cells import Cell
    from hpcmlff.store.layout import AttemptFolder

_GIVEN_UP = "GivenUp"
"""Kind of the error of an attempt that was not begun for those before it."""


def diagnosis_of(
    book: Casebook,
    cell: Cell,
    attempts: Sequence[AttemptFolder],
    place: int = 0,
    *,
    papers: Papers | None = None,
    run_again: int = 0,
) -> Diagnosis:
    """Return why one attempt of a cell ended.

    Parameters
    ----------
    book
        What the ledger says.
    cell
        The cell.
    attempts
        Its attempts, the newest first.
    place
        Which of them.
    papers
        What it has left, where that was read before.
    run_again
        Number of the submission that has run after the newest of them; 0 for none.
    """
    papers = papers or papers_of(attempts[place])
    later = _record_after(book, cell, attempts, place) if place else run_again
    entry = book.entry(papers.record)
    facts = facts_of(papers, entry, cell.id, later)
    if facts.end.get("kind") == _GIVEN_UP and place + 1 < len(attempts):
        older = diagnosis_of(book, cell, attempts, place + 1)
        return judged(facts, older.cause, Following(rule=Rule.STOP), older.evidence)
    return _of(book, entry, facts, cell.id)


def _record_after(book: Casebook, cell: Cell, attempts: Sequence[AttemptFolder], place: int) -> int:
    after = papers_of(attempts[place - 1])
    # The newest attempt belongs to the newest job, if it has not said so yet.
    return after.record if after.start or place > 1 else book.newest_with(cell.id)


def diagnosis_of_job(book: Casebook, number: int, cell_id: str) -> Diagnosis | None:
    """Return why a job ended before it began a cell; None if that is not known, or it left.

    Parameters
    ----------
    book
        What the ledger says.
    number
        The submission.
    cell_id
        The cell.
    """
    entry = book.entry(number)
    if entry is None or entry.record.job is None or not entry.record.ended:
        return None
    facts = facts_of_job(entry, cell_id)
    return None if facts.words == "COMPLETED" else _of(book, entry, facts, cell_id)


def _of(book: Casebook, entry: Entry | None, facts: Facts, cell_id: str) -> Diagnosis:
    cause = cause_of_facts(facts)
    means = book.means(entry, cell_id, cause)
    # Untested on a GPU; torch says "CUDA out of memory".
    on_gpu = "CUDA" in str(facts.end.get("message", ""))
    return judged(facts, cause, following(cause, means, on_gpu=on_gpu))

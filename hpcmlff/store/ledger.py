"""The ledger: which job was submitted for which cells, one small record a submission.

``000001.json`` is written before the scheduler is asked (the intent),
``000001.job.json`` once it has answered, ``000001.cancelled.json`` when somebody has
asked the job to stop (``000001.cancelled-1.json``, ``-2`` and so on where that is meant for some
of its cells), ``000001.ended.json`` when it is known to be over. What a job has
submitted itself is written down at once, with the job. Files are never changed.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, asdict, dataclass, fields
from itertools import count
from typing import TYPE_CHECKING, Any

from hpcmlff.errors import StoreError
from hpcmlff.files import create_once, json_bytes, read_json, write_durably
from hpcmlff.store.names import checked_name
from hpcmlff.store.submissions import Ending, Intent, Record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

__all__ = ["Ending", "Intent", "Ledger", "Record"]

_RECORD = re.compile(r"(\d{6,})\.json")
_TUPLES = ("cells", "mem_gb", "raised")
_NEEDED = {one.name for one in fields(Intent) if one.default is MISSING}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records under one folder."""

    folder: Path
    """``ledger`` in the store."""

    def intend(self, intent: Intent) -> Record:
        """Write down a submission before it is made.

        Raises
        ------
        OSError
            The store cannot be written.
        """
        return self._add(asdict(intent))

    def adopt(self, intent: Intent, job: Mapping[str, Any]) -> Record:
        """Write down a submission that has been made, with what the executor returned.

        In one step, so that it is never taken for one that was cut off.

        Raises
        ------
        OSError
            The store cannot be written.
        """
        return self._add({**asdict(intent), "job": dict(job)})

    def confirm(self, record: Record, job: Mapping[str, Any]) -> None:
        """Write down what the executor returned."""
        write_durably(self._path(record.number, "job"), [json_bytes(dict(job))])

    def cancel(self, record: Record, cells: Collection[str] = ()) -> None:
        """Write down that the job is asked to stop, before it is.

        Parameters
        ----------
        record
            The submission.
        cells
            Ids of those of its cells that are meant; all of them if left out.
        """
        if not cells:
            write_durably(self._path(record.number, "cancelled"), [json_bytes({"cancelled": True})])
            return
        if self.cancelled_cells(record.number).issuperset(cells):
            return
        content, part = [json_bytes({"cells": sorted(cells)})], 1
        while not create_once(self._path(record.number, f"cancelled-{part}"), content):
            part += 1

    def close(self, record: Record, endings: Mapping[int, Ending] | None = None) -> None:
        """Write down that the job is over.

        Parameters
        ----------
        record
            The submission.
        endings
            How its elements ended, as far as that is known.
        """
        known = {str(element): ending for element, ending in (endings or {}).items()}
        facts = {
            "ended": True,
            "causes": {key: one.words for key, one in known.items() if one.words},
            "earlier": {key: list(one.earlier) for key, one in known.items() if one.earlier},
            "lines": {key: one.line for key, one in known.items() if one.line},
        }
        write_durably(self._path(record.number, "ended"), [json_bytes(facts)])

    def is_cancelled(self, number: int, cell_id: str = "") -> bool:
        """Tell whether a job was asked to stop, or to leave one of its cells."""
        if self._path(number, "cancelled").exists():
            return True
        return bool(cell_id) and cell_id in self.cancelled_cells(number)

    def cancelled_cells(self, number: int) -> frozenset[str]:
        """Return the ids of the cells that a job was asked to leave, apart from the others."""
        found: set[str] = set()
        for part in count(1):
            path = self._path(number, f"cancelled-{part}")
            if not path.exists():
                break
            found.update((read_json(path) or {}).get("cells", ()))
        return frozenset(found)

    def is_ended(self, number: int) -> bool:
        """Tell whether a job is known to be over."""
        return self._path(number, "ended").exists()

    def cause(self, number: int, element: int) -> str:
        """Return how the scheduler says an element ended, or an empty text."""
        return self.endings(number).get(element, Ending()).words

    def endings(self, number: int) -> dict[int, Ending]:
        """Return how the elements of a job ended, as far as that is known."""
        facts = read_json(self._path(number, "ended")) or {}
        words, earlier, lines = (facts.get(key, {}) for key in ("causes", "earlier", "lines"))
        return {
            int(key): Ending(
                words=str(words.get(key, "")),
                earlier=tuple(earlier.get(key, ())),
                line=str(lines.get(key, "")),
            )
            for key in {**words, **earlier, **lines}
        }

    def read(self, number: int) -> Record:
        """Return one record.

        Raises
        ------
        StoreError
            It is damaged, or its mark could lead out of the store.
        """
        facts = read_json(self._path(number))
        if not isinstance(facts, dict) or not facts.keys() >= _NEEDED:
            raise StoreError("the record is damaged", where=str(self._path(number)))
        checked_name(str(facts["mark"]), "submission's mark")
        known = {field.name for field in fields(Intent)}
        given = {key: value for key, value in facts.items() if key in known}
        return Record(
            **given | {key: tuple(facts.get(key, ())) for key in _TUPLES},
            number=number,
            job=read_json(self._path(number, "job")) or facts.get("job"),
            ended=self.is_ended(number),
        )

    def open_records(self) -> list[Record]:
        """Return the submissions whose jobs are not known to be over."""
        return [self.read(n) for n in self.numbers() if not self.is_ended(n)]

    def newest_first(self) -> Iterator[Record]:
        """Return all submissions, the newest first."""
        return (self.read(number) for number in reversed(self.numbers()))

    def numbers(self) -> list[int]:
        """Return the numbers of all submissions, the oldest first."""
        if not self.folder.is_dir():
            return []
        names = (entry.name for entry in self.folder.iterdir())
        return sorted(int(match[1]) for name in names if (match := _RECORD.fullmatch(name)))

    def _add(self, facts: Mapping[str, Any]) -> Record:
        number = max(self.numbers(), default=0) + 1
        content = [json_bytes(facts)]
        while not create_once(self._path(number), content):
            number += 1
        return self.read(number)

    def _path(self, number: int, kind: str = "") -> Path:
        return self.folder / (f"{number:06d}.{kind}.json" if kind else f"{number:06d}.json")

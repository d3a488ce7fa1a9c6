"""The ledger: which job was submitted for which cells, one small record a submission.

``000001.json`` is written before the scheduler is asked (the intent),
``000001.job.json`` once it has answered, ``000001.ended.json`` when the job is known
to be over. Files are never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcmlff.files import create_once, json_bytes, read_json, write_durably

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_RECORD = re.compile(r"(\d{6,})\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One submission."""

    number: int
    """Counted from 1."""
    profile: Mapping[str, Any]
    """The profile it was submitted by, as plain values."""
    cells: tuple[str, ...]
    """Ids of the cells the job works through."""
    mark: str
    """A random word the job carries, by which it can be found again."""
    revision: int
    """Revision of the frozen grid."""
    job: Mapping[str, Any] | None
    """What the executor returned; None if the submission was cut off."""
    ended: bool
    """The job is known to be over."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records under one folder."""

    folder: Path
    """``ledger`` in the store."""

    def intend(
        self, *, profile: Mapping[str, Any], cells: Sequence[str], mark: str, revision: int
    ) -> Record:
        """Write down a submission before it is made.

        Raises
        ------
        OSError
            The store cannot be written.
        """
        number = max(self._numbers(), default=0) + 1
        facts = {"profile": profile, "cells": list(cells), "mark": mark, "revision": revision}
        while not create_once(self._path(number), [json_bytes(facts)]):
            number += 1
        return self.read(number)

    def confirm(self, record: Record, job: Mapping[str, Any]) -> None:
        """Write down what the executor returned."""
        write_durably(self._path(record.number, "job"), [json_bytes(dict(job))])

    def close(self, record: Record) -> None:
        """Write down that the job is over."""
        write_durably(self._path(record.number, "ended"), [json_bytes({"ended": True})])

    def read(self, number: int) -> Record:
        """Return one record."""
        facts = read_json(self._path(number))
        return Record(
            number=number,
            profile=facts["profile"],
            cells=tuple(facts["cells"]),
            mark=facts["mark"],
            revision=facts["revision"],
            job=read_json(self._path(number, "job")),
            ended=self._path(number, "ended").exists(),
        )

    def open_records(self) -> list[Record]:
        """Return the submissions whose jobs are not known to be over."""
        numbers = self._numbers()
        return [self.read(n) for n in numbers if not self._path(n, "ended").exists()]

    def _numbers(self) -> list[int]:
        if not self.folder.is_dir():
            return []
        names = (entry.name for entry in self.folder.iterdir())
        return sorted(int(match[1]) for name in names if (match := _RECORD.fullmatch(name)))

    def _path(self, number: int, kind: str = "") -> Path:
        return self.folder / (f"{number:06d}.{kind}.json" if kind else f"{number:06d}.json")

"""Concurrent claims: every attempt has a number of its own, and none is left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from store.faults.actors import journal_lines
from store.faults.campaign import Orders, Outcome
from store.faults.nursery import Nursery

from hpcmlff.store.layout import CellFolder

_PROCESSES = 16
_EACH = 5


def run(orders: Orders) -> Outcome:
    """Let 16 processes claim in the same cell at once, in one cell after the other."""
    violations, done, turn = [], 0, 0
    with Nursery() as nursery:
        while done < orders.rounds:
            cell = CellFolder(orders.folder / f"cell-{turn}")
            numbers = _claimed(nursery, cell)
            often = [number for number, times in Counter(numbers).items() if times > 1]
            violations += [f"cell {turn}: {number} was claimed twice" for number in often]
            if sorted(set(numbers)) != list(range(1, _PROCESSES * _EACH + 1)):
                violations.append(f"cell {turn}: claimed {sorted(numbers)}")
            done, turn = done + len(numbers), turn + 1
    facts = {"processes": _PROCESSES, "cells": turn}
    return Outcome(rounds=done, violations=violations, facts=facts)


def _claimed(nursery: Nursery, cell: CellFolder) -> list[int]:
    begin, journal = (cell.path.parent / f"{cell.path.name}.{n}" for n in ("begin", "journal"))
    given = [str(cell.path), str(journal), _EACH, str(begin)]
    pids = [nursery.start("actors.claim_often", *given) for _ in range(_PROCESSES)]
    Path(begin).touch()
    if any(nursery.wait(pid) for pid in pids):
        raise RuntimeError("a claim failed")
    return [int(words[0]) for words in journal_lines(journal)]

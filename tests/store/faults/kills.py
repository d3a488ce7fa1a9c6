"""SIGKILL at a random instant, for one writer and for three at once.

Half of the instants are drawn from the clock. The others are drawn from the steps of a commit,
or the longest of them, the sync, would be hit nearly every time.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from store.faults.actors import FOR_EVER, acknowledged, journal_lines
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.looking import too_large, wrong_with
from store.faults.nursery import Nursery, is_stopped

from hpcmlff.store.layout import CellFolder

_LONGEST_S = 0.12
_STEPS = 120
_KILLS_OF_A_CELL = 20


def run(orders: Orders) -> Outcome:
    """Kill as often as asked, and look after every time."""
    draw, violations, done = drawing(orders.seed), [], 0
    facts: Counter[str] = Counter()
    with Nursery() as nursery:
        while done < orders.rounds:
            writers = draw.choice((1, 3))
            turn = done // _KILLS_OF_A_CELL
            cells = [_cell(orders.folder, turn, number) for number in range(writers)]
            _kill(nursery, cells, draw)
            done += writers
            facts[f"killed with {writers} at once"] += writers
            for cell in cells:
                highest = acknowledged(_journal(cell))
                found = [*wrong_with(cell, highest), *too_large(cell)]
                violations += [f"round {done}: {text}" for text in found]
    facts["acknowledged"] = sum(map(_count, orders.folder.rglob("journal-*")))
    return Outcome(rounds=done, violations=violations, facts=facts)


def _cell(folder: Path, turn: int, number: int) -> CellFolder:
    return CellFolder(folder / "cells" / f"{turn:04d}-{number}")


def _journal(cell: CellFolder) -> Path:
    return cell.path.parent / f"journal-{cell.path.name}"


def _count(journal: Path) -> int:
    return sum(words[0] == "acknowledged" for words in journal_lines(journal))


def _kill(nursery: Nursery, cells: list[CellFolder], draw: random.Random) -> None:
    cells[0].path.parent.mkdir(exist_ok=True)
    started = []
    for cell in cells:
        journal, step = _journal(cell), draw.choice((None, draw.randrange(_STEPS)))
        given = [str(cell.path), str(journal), FOR_EVER, step, signal.SIGKILL]
        before = len(journal_lines(journal))
        started.append((nursery.start("actors.train", *given), journal, before))
    patient = draw.random() < 0.5
    for pid, journal, before in started:
        # On a busy machine few would come to their first checkpoint otherwise.
        while patient and len(journal_lines(journal)) == before and not is_stopped(pid):
            time.sleep(0.002)
        time.sleep(draw.uniform(0, _LONGEST_S))
        os.kill(pid, signal.SIGKILL)
    for pid, _, _ in started:
        if nursery.wait(pid) != -signal.SIGKILL:
            raise RuntimeError("a writer ended by itself")

"""What a SIGKILL costs: at most the interval between two checkpoints, and one safe point."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

from store.faults.actors import Journal, acknowledge, journal_lines
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.nursery import Nursery

from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.layout import CellFolder

_INTERVAL_S = 0.05
_LONGEST_S = 0.8


def step_on(cell_path: str, journal: str, step_s: float) -> None:
    """Train by the product's own clock; note each safe point, and when what was saved."""
    from hpcmlff.worker.pace import Pace
    from hpcmlff.worker.stop import StopRequest

    cell, notes = CellFolder(Path(cell_path)), Journal(journal)
    attempt = claim(cell)
    pace = Pace(stop=StopRequest(), report_s=0, commit_s=_INTERVAL_S)
    sequence = 0
    while True:
        now = time.monotonic()
        if pace.commit_due():
            sequence += 1
            acknowledge(cell, attempt, sequence, notes)
            pace.committed(time.monotonic() - now)
            notes.note("saved", sequence, time.monotonic())
        else:
            notes.note("safe", pace.commit_s, now)
        time.sleep(step_s)


def run(orders: Orders) -> Outcome:
    """Kill at random instants; compare what was lost with the interval in force."""
    draw, violations, facts = drawing(orders.seed), [], Counter[str]()
    with Nursery() as nursery:
        for number in range(orders.rounds):
            cell, journal = (orders.folder / f"{kind}-{number}" for kind in ("cell", "journal"))
            given = [str(cell), str(journal), draw.choice((0.002, 0.02))]
            pid = nursery.start("interval.step_on", *given)
            time.sleep(draw.uniform(0, _LONGEST_S))
            os.kill(pid, signal.SIGKILL)
            nursery.wait(pid)
            lines = journal_lines(journal)
            facts["acknowledged"] += sum(words[0] == "acknowledged" for words in lines)
            found = restore(CellFolder(cell))
            served = found.sequence if found else 0
            violations += [f"round {number}: {text}" for text in _lost_too_much(lines, served)]
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _lost_too_much(lines: list[list[str]], served: int) -> list[str]:
    """Compare what the last safe point had in memory only with the interval in force there."""
    saved = {int(words[1]): float(words[2]) for words in lines if words[0] == "saved"}
    safe = [(float(words[1]), float(words[2])) for words in lines if words[0] == "safe"]
    if served not in saved or not safe:
        return []
    interval, last = safe[-1]
    lost = last - saved[served]
    return [f"{lost:.3f} s are lost, the interval is {interval:.3f} s"] if lost > interval else []

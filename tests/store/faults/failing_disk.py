"""EIO at any step of the work on files: bare commits, and the real worker."""

from __future__ import annotations

import errno
import os
from collections import Counter

from store.faults.actors import acknowledged, journal_lines
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.looking import wrong_with
from store.faults.nursery import Nursery
from store.faults.working import WORKER, Bench

from hpcmlff.store.layout import CellFolder

_STEPS = 60
_WORKER_EVERY = 4


def run(orders: Orders) -> Outcome:
    """Let every fourth round be one of the real worker."""
    draw, violations, facts = drawing(orders.seed), [], Counter[str]()
    with Nursery(*WORKER) as nursery:
        bench = Bench.make(orders.folder, orders.folder, nursery)
        for number in range(orders.rounds):
            step, forever = draw.randrange(_STEPS), draw.choice((True, False))
            if number % _WORKER_EVERY == _WORKER_EVERY - 1:
                bench.begin()
                found = bench.stops_cleanly(os.strerror(errno.EIO), 3 * step)
                found += bench.ends_as_unbroken()
                facts["rounds of the worker"] += 1
            else:
                cell = CellFolder(orders.folder / f"cell-{number}")
                found = _bare(nursery, cell, step, forever)
                facts["rounds of bare commits"] += 1
            violations += [f"round {number}, step {step}: {text}" for text in found]
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _bare(nursery: Nursery, cell: CellFolder, step: int, forever: bool) -> list[str]:
    journal = cell.path.parent / f"journal-{cell.path.name}"
    nursery.run("actors.train", str(cell.path), str(journal), 3)
    given = [str(cell.path), str(journal), step, forever]
    code = nursery.run("actors.train_with_failures", *given)
    refusals = [words for words in journal_lines(journal) if words[0] == "refused"]
    wrong = [] if code == 0 else [f"the writer ends with {code}"]
    wrong += [f"wrong error: {words}" for words in refusals if words[2] != str(errno.EIO)]
    if forever and not refusals and acknowledged(journal) < 3 + 4:
        wrong.append("neither refused nor done")
    return wrong + wrong_with(cell, acknowledged(journal))

"""An old attempt is suspended, a newer one goes on, the old one wakes up in the midst of it.

Half of the instants are drawn from the clock, half from the steps of the work on files.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import h5py
from store.faults.actors import acknowledged, journal_lines
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.content import differences
from store.faults.looking import linked
from store.faults.nursery import Nursery, wait_until_stopped
from store.faults.stores import cells, plain_store

from hpcmlff.errors import EXIT_STOPPED_EARLY
from hpcmlff.spec.cells import Cell
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.index import refresh
from hpcmlff.store.store import Store

_LONGEST_S = 0.1
_STEPS = 90
_MOST = 40


@dataclass(frozen=True, kw_only=True)
class _Scene:
    """One cell, its two attempts, and an index from before the old one woke up."""

    nursery: Nursery
    draw: random.Random
    store: Store
    cell: Cell
    facts: Counter[str] = field(default_factory=Counter)

    def journal(self, who: str) -> Path:
        return self.store.path.parent / f"{who}-{self.cell.seed}"

    def start(self, who: str, most: int, step: int | None) -> int:
        path = str(self.store.cell(self.cell).path)
        given = [path, str(self.journal(who)), most, step, signal.SIGSTOP]
        return self.nursery.start("actors.train", *given)

    @property
    def stale(self) -> Path:
        return self.store.path / "stale.h5"


def run(orders: Orders) -> Outcome:
    """Suspend and wake in a cell of its own each round."""
    store, draw = plain_store(orders.folder / "store"), drawing(orders.seed)
    violations, facts = [], Counter[str]()
    with Nursery() as nursery:
        for number, cell in enumerate(cells(orders.rounds)):
            scene = _Scene(nursery=nursery, draw=draw, store=store, cell=cell, facts=facts)
            violations += [f"round {number}: {text}" for text in _round(scene)]
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _round(scene: _Scene) -> list[str]:
    old = _suspended(scene)
    before = acknowledged(scene.journal("old"))
    claimed = bool(scene.store.cell(scene.cell).attempts())
    refresh(scene.store, [scene.cell])
    shutil.copyfile(scene.store.layout.index, scene.stale)
    at_once = scene.draw.random() < 0.5
    new = scene.start("new", scene.draw.randint(0, 4), None)
    code = None if at_once else scene.nursery.wait(new)
    os.kill(old, signal.SIGCONT)
    ended = scene.nursery.wait(old)
    code = scene.nursery.wait(new) if at_once else code
    found = [] if code in {0, EXIT_STOPPED_EARLY} else [f"the newer attempt ends with {code}"]
    if claimed and not at_once and before < _MOST:
        scene.facts["woken after the newer had gone on"] += 1
        found += [] if ended == EXIT_STOPPED_EARLY else [f"the old attempt ends with {ended}"]
        more = acknowledged(scene.journal("old")) - before
        found += [f"the old attempt committed {more} times"] if more > 1 else []
    return found + _wrong_resume(scene, before) + _wrong_end(scene) + _wrong_links(scene)


def _suspended(scene: _Scene) -> int:
    step = scene.draw.choice((None, scene.draw.randrange(_STEPS)))
    pid = scene.start("old", _MOST, step)
    if step is None:
        time.sleep(scene.draw.uniform(0, _LONGEST_S))
        os.kill(pid, signal.SIGSTOP)
    wait_until_stopped(pid)
    scene.facts["suspended with a file half written"] += any(
        scene.store.cell(scene.cell).path.rglob(".g*")
    )
    return pid


def _wrong_resume(scene: _Scene, least: int) -> list[str]:
    resumed = [int(words[2]) for words in journal_lines(scene.journal("new"))[:1]]
    return [f"resumed from {n}, {least} was acknowledged" for n in resumed if n < least]


def _expected(scene: _Scene) -> tuple[int, int]:
    lines = [*journal_lines(scene.journal("old")), *journal_lines(scene.journal("new"))]
    return max(((int(w[1]), int(w[2])) for w in lines if w[0] == "acknowledged"), default=(0, 0))


def _wrong_end(scene: _Scene) -> list[str]:
    """The highest attempt that acknowledged anything is served, and its last checkpoint."""
    attempt, sequence = _expected(scene)
    folder = scene.store.cell(scene.cell)
    if (found := restore(folder)) is None:
        return ["nothing is served"] if sequence else []
    # What was cut off between its rename and its acknowledgement may be one ahead.
    good = (attempt, sequence) <= (found.attempt, found.sequence) <= (found.attempt, sequence + 1)
    wrong = [] if good and found.attempt in {attempt, 1} else [f"{found.path} is served"]
    return wrong + differences(folder, found)


def _wrong_links(scene: _Scene) -> list[str]:
    """A fresh index leads to what is served, a stale one at least to what it lists."""
    attempt, sequence = _expected(scene)
    rows = refresh(scene.store, [scene.cell])
    wrong = []
    if len(rows) and (found := linked(scene.store.layout.index, scene.cell.label)) != (
        int(rows[0]["attempt"]),
        int(rows[0]["sequence"]),
    ):
        wrong.append(f"linked to {found}, listed {rows[0]['attempt']}, {rows[0]['sequence']}")
    if len(rows) and int(rows[0]["sequence"]) < sequence:
        wrong.append(f"listed {rows[0]['sequence']}, acknowledged {sequence} of {attempt}")
    return wrong + _wrong_stale(scene)


def _wrong_stale(scene: _Scene) -> list[str]:
    with h5py.File(scene.stale, "r", locking=False) as file:
        listed = [int(row["sequence"]) for row in file["index"]]
    try:
        return [
            f"the stale link leads to {found}, listed {sequence}"
            for sequence in listed
            if (found := linked(scene.stale, scene.cell.label))[1] < sequence
        ]
    except (KeyError, OSError) as error:
        return [f"the stale link fails: {error}"]

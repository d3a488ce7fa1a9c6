"""All generations bad: the cell is refused and the files are named; it never starts from zero."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

from store.faults.campaign import Orders, Outcome, drawing
from store.faults.content import content
from store.faults.nursery import Nursery
from store.faults.wounds import WOUNDS, wound

from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import commit
from hpcmlff.store.layout import CellFolder

_OTHER_WAYS = ("a folder", "a link to nowhere", "unreadable")


def run(orders: Orders) -> Outcome:
    """Spoil all files of a cell, each in another way."""
    draw, violations, facts = drawing(orders.seed), [], Counter[str]()
    with Nursery() as nursery:
        for number in range(orders.rounds):
            cell = CellFolder(orders.folder / f"cell-{number}")
            paths = _make(cell, attempts=draw.randint(1, 3), draw=draw)
            ways = {path: draw.choice((*WOUNDS, *_OTHER_WAYS)) for path in paths}
            for path, way in ways.items():
                _spoil(path, way, draw)
            facts.update(ways.values())
            found = [*_refused(nursery, cell, ways), *_next_attempt(nursery, cell, ways)]
            violations += [f"round {number}: {text}" for text in found]
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _make(cell: CellFolder, attempts: int, draw: random.Random) -> list[Path]:
    sequence = 0
    for _ in range(attempts):
        attempt = claim(cell)
        for _ in range(draw.randint(1, 3)):
            sequence += 1
            made = content(cell, attempt.number, sequence)
            commit(cell, attempt, sequence, made, final=False)
    return [path for one in cell.attempts() for _, path in one.generations()]


def _spoil(path: Path, way: str, draw: random.Random) -> None:
    if way in WOUNDS:
        wound(path, way, draw)
    elif way == "a folder":
        path.unlink()
        path.mkdir()
    elif way == "a link to nowhere":
        path.unlink()
        path.symlink_to("gone")


def _refused(nursery: Nursery, cell: CellFolder, ways: dict[Path, str]) -> list[str]:
    journal = cell.path.parent / f"journal-{cell.path.name}"
    journal.unlink(missing_ok=True)
    bad = [str(path) for path, way in ways.items() if way == "unreadable"]
    nursery.run("actors.restore_all_bad", str(cell.path), str(journal), bad)
    text = journal.read_text()
    if not text.startswith("refused"):
        return [text]
    return [f"{path} is not named" for path in ways if str(path) not in text]


def _next_attempt(nursery: Nursery, cell: CellFolder, ways: dict[Path, str]) -> list[str]:
    """A new attempt must be refused as well, and must leave the files to look at."""
    claim(cell)
    left = [f"{path} is gone" for path in ways if not os.path.lexists(path)]
    return _refused(nursery, cell, ways) + left

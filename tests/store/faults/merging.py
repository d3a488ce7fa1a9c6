"""Two copies of a store go separate ways and are merged, in both orders, with interruptions."""

from __future__ import annotations

import random
import shutil
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from store.faults.campaign import Orders, Outcome, drawing
from store.faults.nursery import Nursery
from store.made import STEPS, assert_holds, make_store, train

from hpcmlff.errors import HpcmlffError
from hpcmlff.spec.cells import Cell
from hpcmlff.store.checkpoints import Checkpoint, restore
from hpcmlff.store.store import Store, open_store

_CELLS = 3
_STEPS_OF_A_MERGE = 200


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How far a cell got, and who trained it there."""

    step: int
    writer: str


def run(orders: Orders) -> Outcome:
    """Merge both ways in each round; kill some merges on their way."""
    draw, violations, facts = drawing(orders.seed), [], Counter[str]()
    _, cells = make_store(orders.folder / "origin", seeds=_CELLS)
    with Nursery("hpcmlff.store.__main__", "hpcmlff.store.bringing") as nursery:
        for number in range(orders.rounds):
            folder = orders.folder / f"round-{number}"
            ways = _diverge(orders.folder / "origin", folder, cells, draw)
            results = []
            for one, other in (("a", "b"), ("b", "a")):
                target = shutil.copytree(folder / one, folder / f"{one}{other}", symlinks=True)
                facts["killed"] += _merge(nursery, folder / other, target, draw)
                results.append(open_store(target))
            found = [text for cell in cells for text in _wrong(results, cell, ways[cell.id])]
            violations += [f"round {number}: {text}" for text in found]
            shutil.rmtree(folder)
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _diverge(
    origin: Path, folder: Path, cells: list[Cell], draw: random.Random
) -> dict[str, list[_Way]]:
    """Train the cells in two copies, each as far as it happens."""
    common = {cell.id: draw.choice((0, 10)) for cell in cells}
    ways: dict[str, list[_Way]] = {cell.id: [] for cell in cells}
    for writer in ("a", "b"):
        store = open_store(shutil.copytree(origin, folder / writer, symlinks=True))
        for cell in cells:
            if common[cell.id]:
                train(store, cell, common[cell.id], writer="both")
            ways[cell.id].append(_go_on(store, cell, common[cell.id], writer, draw))
    return ways


def _go_on(store: Store, cell: Cell, step: int, writer: str, draw: random.Random) -> _Way:
    reached = _Way(step=step, writer="both")
    for _ in range(draw.randrange(3)):
        steps = sorted(draw.sample(range(reached.step + 1, STEPS), draw.randint(1, 3)))
        if done := draw.random() < 0.2:
            steps.append(STEPS)
        train(store, cell, *steps, writer=writer)
        reached = _Way(step=steps[-1], writer=writer)
        if done or reached.step > STEPS - 5:
            break
    return reached


def _merge(nursery: Nursery, other: Path, target: Path, draw: random.Random) -> int:
    """Merge until it is done; return how often it was killed before."""
    killed = 0
    while True:
        step = draw.choice((None, draw.randrange(_STEPS_OF_A_MERGE))) if killed < 3 else None
        code = nursery.run("actors.merge", str(other), str(target), step)
        if code == 0:
            return killed
        if code != -signal.SIGKILL:
            raise RuntimeError(f"the merge ends with {code}")
        killed += 1


def _wrong(results: list[Store], cell: Cell, ways: list[_Way]) -> list[str]:
    try:
        one, other = (restore(store.cell(cell)) for store in results)
    except HpcmlffError as error:
        return [str(error)]
    furthest = max(way.step for way in ways)
    if one is None or other is None:
        return [f"{cell.label}: nothing is served"] if furthest or one or other else []
    wrong = [] if one.sha256 == other.sha256 else [f"{cell.label}: the order matters"]
    expected = [way for way in ways if way.step == furthest]
    if not any(_holds(one, cell, way) for way in expected):
        wrong.append(f"{cell.label}: {furthest} is not what is served")
    return wrong


def _holds(found: Checkpoint, cell: Cell, way: _Way) -> bool:
    try:
        assert_holds(found, cell, way.step, way.writer)
    except AssertionError:
        return False
    return True

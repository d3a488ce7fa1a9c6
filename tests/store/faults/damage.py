"""Damaged files: one that does not verify is never served, the one before is."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.content import content, differences
from store.faults.wounds import WOUNDS, wound

from hpcmlff.errors import CheckpointError, HpcmlffError, StoreError
from hpcmlff.store.attempts import claim
from hpcmlff.store.blocks import CellBlocks
from hpcmlff.store.checkpoints import commit, restore
from hpcmlff.store.layout import CellFolder

_CELLS = 12


def run(orders: Orders) -> Outcome:
    """Damage copies of real files, each round in another way."""
    draw, violations = drawing(orders.seed), []
    whole = [_cell(orders.folder / f"whole-{n}", draw.choice((0, 1))) for n in range(_CELLS)]
    facts: Counter[str] = Counter()
    for number in range(orders.rounds):
        copy = CellFolder(orders.folder / "copy" / "cell")
        origin = draw.choice(whole)
        shutil.copytree(origin.path, copy.path)
        target, kind = draw.choice(list(_TARGETS)), draw.choice(list(WOUNDS))
        found = _TARGETS[target](copy, kind, draw)
        violations += [f"round {number} ({target}, {kind}): {text}" for text in found]
        facts[target] += 1
        facts[kind] += 1
        shutil.rmtree(copy.path)
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _cell(folder: Path, pieces: int) -> CellFolder:
    cell = CellFolder(folder / "cell")
    for first in range(1, 3 + pieces):
        attempt = claim(cell)
        for sequence in range(first * 10, first * 10 + (3 if first == 1 else 1)):
            made = content(cell, attempt.number, sequence)
            commit(cell, attempt, sequence, made, final=False)
    CellBlocks(cell).put("panel", np.random.default_rng(3).normal(size=(40, 30)))
    return cell


def _generations(cell: CellFolder) -> list[Path]:
    return [path for attempt in cell.attempts() for _, path in attempt.generations()]


def _newest(cell: CellFolder, kind: str, draw: random.Random) -> list[str]:
    newest, before = _generations(cell)[:2]
    wound(newest, kind, draw)
    return _serves(cell, before)


def _newest_two(cell: CellFolder, kind: str, draw: random.Random) -> list[str]:
    paths = _generations(cell)
    for path in paths[:2]:
        wound(path, kind, draw)
    if len(paths) > 2:
        return _serves(cell, paths[2])
    try:
        restore(cell)
        return ["one of the damaged is served"]
    except CheckpointError as error:
        return [f"{path} is not named" for path in paths if str(path) not in str(error)]


def _oldest(cell: CellFolder, kind: str, draw: random.Random) -> list[str]:
    paths = _generations(cell)
    wound(paths[-1], kind, draw)
    return _serves(cell, paths[0])


def _link(cell: CellFolder, kind: str, draw: random.Random) -> list[str]:
    newest = _generations(cell)[0]
    wound(cell.attempts()[0].newest_link, kind, draw)
    return _serves(cell, newest)


def _block(cell: CellFolder, kind: str, draw: random.Random) -> list[str]:
    path = cell.blocks / "panel.block"
    # A block holds no HDF5 metadata.
    wound(path, "bits flipped" if kind.startswith("HDF5") else kind, draw)
    try:
        CellBlocks(cell).get("panel")
    except StoreError:
        return ["the block counts as finished"] if CellBlocks(cell).has("panel") else []
    return [f"{path}: served"]


_TARGETS = {
    "the newest": _newest,
    "the newest two": _newest_two,
    "the oldest": _oldest,
    "cell.h5": _link,
    "a block": _block,
}


def _serves(cell: CellFolder, path: Path) -> list[str]:
    try:
        found = restore(cell)
    except HpcmlffError as error:
        return [f"refused: {error}"]
    assert found is not None
    if found.path != path:
        return [f"{found.path} is served, not {path}"]
    return differences(cell, found)

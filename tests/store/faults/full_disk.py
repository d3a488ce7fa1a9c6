"""A full disk, at many levels: bare commits, and the real worker."""

from __future__ import annotations

import errno
import shutil
from collections import Counter
from pathlib import Path

from store.faults.actors import acknowledged, journal_lines
from store.faults.campaign import Orders, Outcome, drawing
from store.faults.disk import SmallDisk
from store.faults.looking import wrong_with
from store.faults.nursery import Nursery
from store.faults.working import WORKER, Bench

from hpcmlff.store.checkpoints import KEEP
from hpcmlff.store.layout import CellFolder

LEVELS = 20
"""Different amounts of room, from none to a few checkpoints."""

_ROOM_FOR_A_LINE = 0
"""Pages that must be free for the worker to say why it stops: none, it has its standard error."""

_EXPECTED = {str(errno.ENOSPC), str(errno.EFBIG)}


def run(orders: Orders) -> Outcome:
    """Let every second round be one of the real worker."""
    draw, violations, facts = drawing(orders.seed), [], Counter[str]()
    with Nursery(*WORKER) as nursery, SmallDisk(orders.folder / "disk") as disk:
        bench = Bench.make(orders.folder, disk.folder, nursery)
        facts["levels on a tmpfs"] = orders.rounds * disk.mounted
        for number in range(orders.rounds):
            level = number // 2 % LEVELS
            kind = "the worker" if number % 2 else draw.choice(("bytes", "bytes", "names"))
            if not disk.mounted:
                found = _limited(nursery, orders.folder / f"cell-{number}", level)
            elif kind == "the worker":
                found = _worker(bench, disk, level)
            else:
                found = _bare(nursery, disk, kind, level)
            facts[f"rounds of {kind}"] += 1
            violations += [f"round {number}, {kind}, level {level}: {text}" for text in found]
    return Outcome(rounds=orders.rounds, violations=violations, facts=facts)


def _bare(nursery: Nursery, disk: SmallDisk, kind: str, level: int) -> list[str]:
    cell = CellFolder(disk.folder / "cell")
    journal = disk.folder.parent / "journal"
    nursery.run("actors.train", str(cell.path), str(journal), 3)
    if kind == "bytes":
        disk.leave_pages(int(1.32**level) - 1)
    else:
        disk.leave_names(level // 2)
    nursery.run("actors.train_until_refused", str(cell.path), str(journal))
    found = _refused(cell, journal)
    disk.clear()
    if nursery.run("actors.train", str(cell.path), str(journal), 2) != 0:
        found.append("does not go on where there is room again")
    found += wrong_with(cell, acknowledged(journal))
    shutil.rmtree(cell.path)
    journal.unlink()
    return found


def _limited(nursery: Nursery, folder: Path, level: int) -> list[str]:
    cell, journal = CellFolder(folder / "cell"), folder / "journal"
    folder.mkdir()
    nursery.run("actors.train", str(cell.path), str(journal), 3)
    limit = 2000 + 200 * 2 ** (level // 2)
    nursery.run("actors.train_until_refused", str(cell.path), str(journal), limit)
    return _refused(cell, journal)


def _refused(cell: CellFolder, journal: Path) -> list[str]:
    refusals = [words for words in journal_lines(journal) if words[0] == "refused"]
    # With much room and short checkpoints the writer may come to its end.
    wrong = [f"not refused for want of room: {words}" for words in refusals if not _is_full(words)]
    leftovers = [path.name for path in cell.path.rglob(".g*")]
    wrong += [f"left behind: {leftovers}"] if leftovers else []
    kept = sum(len(attempt.generations()) for attempt in cell.attempts())
    wrong += [f"{kept} checkpoints are kept"] if kept > 2 * KEEP else []
    return wrong + wrong_with(cell, acknowledged(journal))


def _is_full(words: list[str]) -> bool:
    return words[1] == "OSError" and words[2] in _EXPECTED


def _worker(bench: Bench, disk: SmallDisk, level: int) -> list[str]:
    bench.begin()
    disk.leave_pages(level)
    found = bench.stops_cleanly("No space left on device", can_tell=level >= _ROOM_FOR_A_LINE)
    disk.clear()
    return found + bench.ends_as_unbroken()

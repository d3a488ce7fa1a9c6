"""Readers of ``store.h5`` while it is replaced and the cells commit: no error, never backwards."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from store.faults.actors import journal_lines
from store.faults.campaign import Orders, Outcome
from store.faults.nursery import Nursery
from store.faults.stores import plain_store

_CELLS = 12
_READERS = 2
_REPLACERS = 2


def run(orders: Orders) -> Outcome:
    """Let two processes read, two replace the file, and one commit to all cells."""
    store, journal = plain_store(orders.folder / "store"), orders.folder / "journal"
    stop = orders.folder / "stop"
    given = [str(store.path), _CELLS, str(journal), str(stop)]
    with Nursery() as nursery:
        others = [nursery.start("reading.commit_on", *given, orders.seed)]
        others += [nursery.start("reading.replace_index", *given) for _ in range(_REPLACERS)]
        while not store.layout.index.exists() or not _is_full(store.layout.index):
            time.sleep(0.01)
        each = -(-orders.rounds // _READERS)
        asked = [str(store.layout.index), each, str(journal)]
        readers = [nursery.start("reading.read_on", *asked, seed) for seed in range(_READERS)]
        codes = [nursery.wait(pid) for pid in readers]
        stop.touch()
        codes += [nursery.wait(pid) for pid in others]
    return _outcome(journal, codes)


def _is_full(index: Path) -> bool:
    import h5py

    with h5py.File(index, "r", locking=False) as file:
        return len(file["index"]) == _CELLS


def _outcome(journal: Path, codes: list[int]) -> Outcome:
    facts, violations = Counter[str](), [f"a process ended with {code}" for code in codes if code]
    for kind, *words in journal_lines(journal):
        if kind == "wrong":
            violations.append(" ".join(words))
        else:
            facts[kind] += int(words[0])
    return Outcome(rounds=facts.pop("read", 0), violations=violations, facts=facts)

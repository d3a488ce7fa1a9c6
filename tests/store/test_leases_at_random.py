"""Three sites' own stores under whatever is given, trained, pruned and merged, in part or whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from store.made import STEPS, make_store, train

from hpcmlff.spec.cells import Cell
from hpcmlff.spec.lease import Given
from hpcmlff.spec.leases import Leases, give_away
from hpcmlff.store.bringing import merge
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.holding import cells_away
from hpcmlff.store.merging import plan_merge, rank
from hpcmlff.store.pruning import remove, surplus
from hpcmlff.store.store import Store, create_store

SITES = ("home", "vega", "desk")


def newest(store: Store, cell: Cell) -> tuple[bool, int, str]:
    found = restore(store.cell(cell))
    return rank(found) if found else (False, 0, "")


def give(store: Store, cell: Cell, to: str) -> None:
    _, step, sha256 = newest(store, cell)
    given = {cell.id: Given(step=step, sha256=sha256) if step else None}
    here = store.site.here()
    store.leases.add(give_away(store.leases.resolved(), given, here=here, to=to))


def assert_one_trains(stores: dict[str, Store], cells: list[Cell]) -> int:
    """Assert that who may train a cell is alone and has the newest checkpoint of all."""
    away = {site: cells_away(store, cells) for site, store in stores.items()}
    number = 0
    for cell in cells:
        able = [site for site in stores if cell.id not in away[site]]
        assert len(able) <= 1
        furthest = max(newest(store, cell) for store in stores.values())
        assert all(newest(stores[site], cell) == furthest for site in able)
        number += len(able)
    return number


def act(what: str, store: Store, other: Store, cell: Cell) -> None:
    step = newest(store, cell)[1]
    match what:
        case "give":
            give(store, cell, other.site.here())
        case "train":
            train(store, cell, step + 1, step + 2, writer=store.site.here())
        case "prune":
            remove(surplus(store.layout, keep=1))
        case "killed":
            for lease in plan_merge(store, other).leases:
                store.leases.add(lease)
        case "merge":
            merge(store, other, plan_merge(store, other))


def test_one_site_at_most_trains_a_cell_and_from_its_newest_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No machine crashes here, and a busy disk takes minutes for hundreds of these.
    monkeypatch.setattr("os.fsync", lambda _: None)
    random = np.random.default_rng(7)
    home, cells = make_store(tmp_path / "home", seeds=2)
    stores = {"home": home} | {site: create_store(tmp_path / site, "study") for site in SITES[1:]}
    for site, store in stores.items():
        store.site.settle(site)
    train(home, cells[0], 1, writer="home")
    home.leases.add(give_away(Leases(), {}, here="home", to="vega"))
    for store in (stores["vega"], stores["desk"]):
        act("merge", store, home, cells[0])
    done = Counter[str]()
    for _ in range(45):
        cell = cells[random.integers(2)]
        able = [one for one in stores.values() if cell.id not in cells_away(one, [cell])]
        if able and random.random() < 0.6:
            [store], what = able, random.choice(["give", "train"], p=[0.4, 0.6])
        else:
            store = stores[random.choice(SITES)]
            what = random.choice(["prune", "killed", "merge"], p=[0.1, 0.4, 0.5])
        others = [one for one in stores.values() if one is not store]
        act(what, store, others[random.integers(2)], cell)
        done[what] += 1
        assert_one_trains(stores, cells)
    for store in [*stores.values()] * 2:
        for one in stores.values():
            if one is not store:
                act("merge", store, one, cells[0])
    assert assert_one_trains(stores, cells) == len(cells)
    assert min(done.values()) >= 3
    assert max(newest(home, cell)[1] for cell in cells) < STEPS

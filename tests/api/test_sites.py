from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from store.made import make_store, train

from hpcmlff import Store
from hpcmlff.api.sites import lease, merge, take_back
from hpcmlff.errors import StoreError


def states(path: Path) -> list[str]:
    return [one.state.value for one in Store(path).status()]


def test_cells_go_to_another_site_and_come_back(tmp_path: Path) -> None:
    store, cells = make_store(tmp_path / "home", seeds=3)
    train(store, cells[0], 10)
    given = lease(store.path, "mean/springs/n3/s0", to="desk", profile="local")
    assert (given.here, given.cells, given.stay) == ("local", (cells[0],), ())
    shutil.copytree(store.path, tmp_path / "copy", symlinks=True)
    plan = merge(tmp_path / "copy", tmp_path / "desk")
    assert [one.label for one in plan.bring] == [cells[0].label]
    assert states(store.path) == ["elsewhere", "pending", "pending"]
    with pytest.raises(StoreError, match="only what a site has that is lost is taken back"):
        take_back(store.path, profile="local")
    taken = take_back(store.path, force=True)
    assert taken.cells == (cells[0],)
    assert states(store.path) == ["stopped", "pending", "pending"]

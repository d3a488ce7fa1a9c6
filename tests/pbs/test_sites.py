"""One grid on two sites without a common disk: a fake PBS, and this machine without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster.study import SIZE, Study
from cluster.unbroken import assert_unbroken, history
from pbs.pbs_study import started

from hpcmlff import collect, lease
from hpcmlff.files import read_json
from hpcmlff.spec.leases import Leases, give_away
from hpcmlff.store.__main__ import main as store_main
from hpcmlff.testing.fake_pbs import FakePbs

DESK = {
    "name": "desk",
    "scheduler": "local",
    "checkpoint_interval": "1s",
    "progress_interval": "1s",
    "poll_interval": "1s",
}


def copied(study: Study, folder: Path) -> Path:
    """Copy a store as between machines."""
    return Path(shutil.copytree(study.store.path, folder, symlinks=True))


def desk(folder: Path) -> Study:
    """Return where the other site has its store and its profile."""
    folder.mkdir()
    (folder / "profile.yaml").write_text(yaml.safe_dump(DESK), encoding="utf-8")
    return Study(folder)


def test_a_grid_is_trained_on_two_sites_and_collected_as_one(
    pbs: FakePbs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, other = started(tmp_path, seeds=range(3)), desk(tmp_path / "a desk")
    assert home.cancel() == 0
    home.await_states("stopped", "stopped", "stopped")
    words = [str(home.store.path), "mean/springs/*/s0-*", "--profile", str(home.profile)]
    assert lease.main([*words, "--to", "desk"]) == 0
    copy, store = copied(home, tmp_path / "from sabarmati"), other.folder / "store"
    assert store_main(["merge", str(copy), str(store)]) == 0

    capsys.readouterr()
    assert home.submit("--dry-run") == 0
    shown = capsys.readouterr()
    assert "3 cells: 2 stopped, 1 elsewhere (desk)\n" in shown.out + shown.err
    assert home.resume() == 0
    assert "3 cells: 2 stopped, 1 elsewhere (desk)\n" in capsys.readouterr().err
    assert other.resume("--wait") == 0
    assert capsys.readouterr().err.endswith(" done\n1 done, 2 elsewhere (sabarmati)\n")
    home.await_states("elsewhere", "done", "done")
    first, *rest = (cell.id for cell in home.cells)
    assert [record.cells for record in home.records] == [(first, *rest), tuple(rest)]
    assert [record.cells for record in other.records] == [(first,)]

    back = copied(other, tmp_path / "from desk")
    assert store_main(["merge", str(back), str(home.store.path)]) == 0
    home.await_states("done", "done", "done")
    assert_unbroken(home)
    begun, ended = history(home, home.cells[0])
    assert (begun[0], begun[1], ended[1]) == (0, ended[0], SIZE)
    capsys.readouterr()
    assert collect.main([str(home.store.path), "--no-plots", "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rows"]
    assert [row["state"] for row in rows] == ["done"] * 3
    assert store_main(["verify", str(home.store.path)]) == 0


def test_a_job_that_is_run_again_leaves_a_cell_that_was_given_away_meanwhile(
    pbs: FakePbs, tmp_path: Path
) -> None:
    home = started(tmp_path, seeds=(0, 1))
    first, _ = home.cells
    # What another copy of the store has leased comes in while jobs run.
    home.store.site.settle("sabarmati")
    gone = give_away(Leases(), {first.id: None}, here="sabarmati", to="desk")
    home.store.leases.add(gone)
    assert pbs.preempt(home.jobs[0], rest_s=0.5)
    home.await_states("elsewhere", "done")
    assert home.attempts()[0] == 1
    assert read_json(home.attempt(1).end)["outcome"] == "stopped"
    assert "nothing to do: leased to desk" in home.output()

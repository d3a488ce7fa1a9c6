from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from store.made import STEPS, make_store, train

from hpcmlff import lease, resume, status
from hpcmlff.executors.processes import identify
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.plan import Placement
from hpcmlff.store.__main__ import main as store_main
from hpcmlff.store.attempts import claim, record_start
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store, open_store

Home = tuple[Store, list[Cell]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A store of four cells: one done, one begun."""
    store, cells = make_store(tmp_path / "home", seeds=4)
    for path in store.layout.ledger.iterdir():
        path.unlink()
    train(store, cells[0], STEPS)
    train(store, cells[1], 10, 20)
    return store, cells


def given(store: Store, *words: str) -> int:
    return lease.main([str(store.path), "--profile", "local", *words])


def holders(store: Store, cells: list[Cell]) -> list[str]:
    found = store.leases.resolved()
    return [found.of(cell.id).site for cell in cells]


def states(store: Store, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert status.main([str(store.path), "--json"]) == 0
    return [one["state"] for one in json.loads(capsys.readouterr().out)["cells"]]


def test_cells_that_are_not_done_are_given_away(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    assert given(store, "mean/springs", "--to", "vega") == 0
    assert capsys.readouterr().out == (
        "gave 3 cells (3 mean/springs) to the site 'vega'\n"
        "the others stay as they are: 1 done\n"
        f"next, at vega: rsync -a THIS_HOST:{store.path}/ from-local/\n"
        "then: python -m hpcmlff.store merge from-local runs/study\n"
    )
    assert holders(store, cells) == ["local", "vega", "vega", "vega"]
    assert states(store, capsys) == ["done", "elsewhere", "elsewhere", "elsewhere"]
    assert status.main([str(store.path)]) == 0
    assert "4 cells: 1 done, 3 elsewhere (vega)\n" in capsys.readouterr().out


def test_a_share_of_the_cells_is_given_away(home: Home) -> None:
    store, cells = home
    assert given(store, "--every", "2", "--to", "vega") == 0
    assert holders(store, cells) == ["local", "vega", "local", "vega"]


def test_cells_are_named_by_ids_and_patterns(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    words = [cells[3].id[:8], "*/*/*/s2"]
    assert given(store, *words, "--to", "vega", "--here", "office", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["here"], facts["to"], facts["stay"]) == ("office", "vega", {})
    assert facts["leased"] == [cells[2].id, cells[3].id]
    assert given(store, "men/springs", "--to", "vega") == 4
    assert capsys.readouterr().err == (
        "error: no cell fits 'men/springs': there is no model 'men'. Did you mean 'mean'?\n"
    )


def test_cells_are_named_by_their_state(home: Home) -> None:
    store, cells = home
    assert given(store, "state=stopped", "--to", "vega") == 0
    assert holders(store, cells) == ["local", "vega", "local", "local"]


def test_what_cannot_be_given_is_refused_and_nothing_is_written(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    assert given(store, cells[0].id, "--to", "vega") == 4
    assert capsys.readouterr().err == (
        "error: none of these 1 cells can be given. They are: 1 done\n"
    )
    assert given(store, "*", "--to", "local") == 4
    assert "'local' is this site" in capsys.readouterr().err
    assert given(store, "*", "--to", "../vega") == 4
    assert not store.layout.leases.exists()
    assert not store.site.path.exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--to", "vega"], "say which cells; '*' for all"),
        (["*"], "say what is to be done with the cells: --to SITE or --take-back"),
        (["*", "--to", "vega", "--take-back"], "choose one"),
        (["*", "--take-back"], "would train them a second time"),
        (["--every", "2"], "--every goes with --to SITE"),
    ],
)
def test_a_command_that_could_mean_several_things_is_refused(
    home: Home, words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert given(home[0], *words) == 2
    assert what in " ".join(capsys.readouterr().err.split())


def test_a_cell_in_the_hands_of_a_job_stays(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    store, cells = home
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as job:
        process = identify(job.pid)
        place = Placement(
            partition="", cpus=1, gpus=0, mem_gb=1.0, walltime_s=60, parallel=1, cells_per_element=1
        )
        profile = {"name": "local", "scheduler": "local"}
        intent = Intent(
            profile=profile,
            cells=(cells[1].id,),
            mark="def",
            revision=1,
            placement={one: getattr(place, one) for one in place.__slots__},
        )
        record = store.ledger.intend(intent)
        store.ledger.confirm(record, {"job_id": "7", "process": process})
        record_start(claim(store.cell(cells[1])), {"record": record.number, "process": process})
        assert given(store, "*", "--to", "vega") == 0
        job.communicate(b"\n")
    assert "the others stay as they are: 1 running, 1 done\n" in capsys.readouterr().out
    assert holders(store, cells) == ["local", "local", "vega", "vega"]


def test_what_a_lost_site_has_is_taken_back_by_force_with_a_warning(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    assert given(store, "*", "--to", "vega") == 0
    capsys.readouterr()
    assert given(store, cells[1].id, cells[0].id, "--take-back", "--force") == 0
    shown = capsys.readouterr()
    assert shown.out == (
        "took 1 cells (1 mean/springs) back to the site 'local'\n"
        "the others stay as they are: 1 done\n"
        f"next: python -m hpcmlff.resume {store.path}\n"
    )
    assert shown.err.startswith("warning: if the site they were taken from still trains these")
    assert states(store, capsys) == ["done", "stopped", "elsewhere", "elsewhere"]
    assert given(store, cells[1].id, "--take-back", "--force") == 4
    assert "none of these 1 cells is elsewhere. They are: 1 stopped" in capsys.readouterr().err


def test_a_copy_is_not_worked_in_until_it_is_said_to_be_the_store_itself(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = home
    assert given(store, "*/*/*/s1", "--to", "vega") == 0
    shutil.copytree(store.path, tmp_path / "copy", symlinks=True)
    copy = open_store(tmp_path / "copy")
    text = f"{copy.path}: is a copy of the store of the site 'local', in which nothing is trained"
    capsys.readouterr()
    assert resume.main([str(copy.path), "--profile", "local"]) == 4
    assert text in capsys.readouterr().err
    assert given(copy, "*", "--to", "desk") == 4
    assert text in capsys.readouterr().err
    assert given(copy, "--here", "local") == 0
    assert given(copy, "*", "--to", "desk") == 0
    assert given(store, "--here", "vega") == 4
    assert "is the store of the site 'local' already" in capsys.readouterr().err


def test_two_machines_whose_profiles_have_one_name_are_not_one_site(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    assert given(store, "*/*/*/s1", "--to", "office") == 0
    assert store_main(["merge", str(store.path), str(tmp_path / "office")]) == 0
    office = open_store(tmp_path / "office")
    capsys.readouterr()
    assert resume.main([str(office.path), "--profile", "local"]) == 4
    assert capsys.readouterr().err == (
        f"error: {office.path}: another store is that of the site 'local', after which the profile "
        f"is called. Give this site a name: python -m hpcmlff.lease {office.path} --here NAME\n"
    )
    assert given(office, "--here", "office") == 0
    assert states(office, capsys) == ["done", "stopped", "elsewhere", "elsewhere"]
    assert holders(office, cells) == ["local", "office", "local", "local"]


def test_a_site_is_named_when_something_is_leased(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = home
    assert given(store, "--here", "office") == 4
    assert "nothing is leased yet" in capsys.readouterr().err
    assert given(store) == 0
    assert "nothing is leased: this store trains all of its 4 cells" in capsys.readouterr().out


def test_who_has_what_is_shown(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    store, cells = home
    assert given(store, "*/*/*/s1", "--to", "vega") == 0
    capsys.readouterr()
    assert given(store) == 0
    assert capsys.readouterr().out == (
        f"{store.path}: the site 'local'\n"
        "  local: 3 cells, 1 of them done here\n"
        "  vega: 1 cells, 0 of them done here\n"
        f"next: python -m hpcmlff.status {store.path}\n"
    )
    assert given(store, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["sites"] == {"local": {"cells": 3, "done": 1}, "vega": {"cells": 1, "done": 0}}
    assert [facts["cells"][cell.id] for cell in cells] == ["local", "vega", "local", "local"]


def test_a_worker_refuses_a_cell_of_another_site(home: Home) -> None:
    store, cells = home
    assert given(store, "*/*/*/s1", "--to", "vega") == 0
    command = [sys.executable, "-m", "hpcmlff.worker", "--store", str(store.path)]
    command += ["--cell", cells[1].id, "--revision", "1"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (4, f"error: {cells[1].label}: leased to vega\n")
    assert len(store.cell(cells[1]).attempts()) == 1


def test_killed_before_its_record_is_there_nothing_is_given(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("os.link", "hpcmlff.store.leases.create_once", "hpcmlff.store.site.write_durably"):
        with monkeypatch.context() as patch:
            patch.setattr(step, killed)
            assert given(store, "*", "--to", "vega") == 130
        assert holders(store, cells) == ["", "", "", ""]
        assert states(store, capsys) == ["done", "stopped", "pending", "pending"]
    assert given(store, "*", "--to", "vega") == 0
    assert holders(store, cells) == ["local", "vega", "vega", "vega"]
    assert store_main(["verify", str(store.path)]) == 0

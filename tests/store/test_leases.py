from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from store.made import STEPS, assert_holds, make_store, train

from hpcmlff.errors import StoreError
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.lease import Given, Lease
from hpcmlff.spec.leases import give_away, resolve, take_back
from hpcmlff.store.__main__ import main
from hpcmlff.store.attempts import claim, record_start
from hpcmlff.store.bringing import merge
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.holding import away_from_job, cells_away
from hpcmlff.store.layout import CellFolder
from hpcmlff.store.merging import plan_merge, rank
from hpcmlff.store.pruning import remove, surplus
from hpcmlff.store.store import Store, open_store


@pytest.fixture
def home(tmp_path: Path) -> tuple[Store, list[Cell]]:
    """The store of the site `home`, before anything is leased."""
    store, cells = make_store(tmp_path / "home", seeds=3)
    store.site.settle("home")
    return store, cells


def give(store: Store, *cells: Cell, to: str) -> Lease:
    given = {}
    for cell in cells:
        found = restore(store.cell(cell))
        given[cell.id] = Given(step=rank(found)[1], sha256=found.sha256) if found else None
    lease = give_away(store.leases.resolved(), given, here=store.site.here(), to=to)
    store.leases.add(lease)
    return lease


def brought(home: Store, path: Path, site: str) -> Store:
    """Return a site's own store, made by merging a copy of the one at home."""
    copy = path.with_name(f"copy for {site}")
    shutil.copytree(home.path, copy, symlinks=True)
    assert main(["merge", str(copy), str(path)]) == 0
    open_store(path).site.settle(site)
    return open_store(path)


def why(store: Store, cells: list[Cell]) -> list[str]:
    found = cells_away(store, cells)
    return [found[cell.id].why if cell.id in found else "" for cell in cells]


def test_where_nothing_is_leased_a_store_and_its_copies_train_all(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    shutil.copytree(store.path, tmp_path / "copy")
    assert why(store, cells) == why(open_store(tmp_path / "copy"), cells) == ["", "", ""]


def test_a_leased_cell_is_trained_where_it_was_given_and_nowhere_else(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    give(store, cells[0], to="vega")
    assert why(store, cells) == ["leased to vega", "", ""]
    vega = brought(store, tmp_path / "vega", "vega")
    assert why(vega, cells) == ["", "leased to home", "leased to home"]
    give(vega, cells[0], to="desk")
    assert main(["merge", str(vega.path), str(store.path)]) == 0
    assert why(store, cells) == ["leased to desk", "", ""]
    found = away_from_job(store, cells[0])
    assert found is not None
    assert found.site == "desk"


def test_a_copy_of_a_folder_is_not_the_store_of_its_site(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    give(store, cells[0], to="vega")
    shutil.copytree(store.path, tmp_path / "copy")
    copy = open_store(tmp_path / "copy")
    assert (copy.site.stated(), copy.site.here()) == ("home", "")
    assert why(copy, cells) == ["leased to vega", "leased to home", "leased to home"]
    moved = store.path.rename(tmp_path / "moved")
    assert open_store(moved).site.here() == "home"


def test_a_cell_waits_until_the_checkpoint_has_come_that_it_was_given_with(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    give(store, cells[1], to="vega")
    vega = brought(store, tmp_path / "vega", "vega")
    train(vega, cells[0], 10)
    train(store, cells[0], 20, 30)
    lease = give(store, cells[0], to="vega")
    # As a merge that was killed after its first step leaves it.
    vega.leases.add(lease)
    assert why(vega, cells[:1]) == ["its checkpoint of step 30 has not come from home"]
    assert main(["merge", str(store.path), str(vega.path)]) == 0
    assert why(vega, cells[:1]) == [""]
    assert_holds(restore(vega.cell(cells[0])), cells[0], 30)


def test_a_checkpoint_that_has_come_counts_after_it_was_trained_on_and_pruned(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    train(store, cells[0], 30)
    give(store, cells[0], to="vega")
    vega = brought(store, tmp_path / "vega", "vega")
    train(vega, cells[0], 40, 50, 60, writer="vega")
    remove(surplus(vega.layout, keep=1))
    assert why(vega, cells[:1]) == [""]


def test_a_checkpoint_that_was_never_brought_in_counts_if_the_cell_is_further(
    home: tuple[Store, list[Cell]],
) -> None:
    store, cells = home
    train(store, cells[0], 30)
    found = restore(store.cell(cells[0]))
    assert found is not None
    store.leases.add(give_away(store.leases.resolved(), {}, here="home", to="vega"))
    given = {cells[0].id: Given(step=30, sha256=found.sha256)}
    store.leases.add(take_back(store.leases.resolved(), given, here="home"))
    train(store, cells[0], 40, 50, 60)
    assert why(store, cells[:1]) == [""]


def test_a_merge_killed_before_its_checkpoint_was_written_has_brought_nothing(
    home: tuple[Store, list[Cell]], tmp_path: Path
) -> None:
    store, cells = home
    train(store, cells[0], 30)
    give(store, cells[0], to="vega")
    vega = brought(store, tmp_path / "vega", "vega")
    folder = vega.cell(cells[0])
    origin = _undone(folder)
    train(vega, cells[0], 10)
    assert why(vega, cells[:1]) == ["its checkpoint of step 30 has not come from home"]
    record_start(claim(folder), {"record": 0, "merged_from": {"sha256": origin}})
    assert why(vega, cells[:1]) == ["its checkpoint of step 30 has not come from home"]


def _undone(folder: CellFolder) -> str:
    found = restore(folder)
    assert found is not None
    shutil.rmtree(folder.path)
    return found.sha256


def test_leases_come_in_before_anything_else(
    home: tuple[Store, list[Cell]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, cells = home
    give(store, cells[0], to="vega")
    ours, _ = make_store(tmp_path / "ours", seeds=3)
    plan = plan_merge(ours, store)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hpcmlff.store.bringing._copy", stop)
    monkeypatch.setattr("hpcmlff.store.bringing._bring", stop)
    train(store, cells[1], 10)
    plan = plan_merge(ours, store)
    with pytest.raises(KeyboardInterrupt):
        merge(ours, store, plan)
    assert resolve([*plan.leases]) == ours.leases.resolved()
    assert why(ours, cells) == ["leased to vega", "leased to home", "leased to home"]


def test_two_results_of_a_cell_are_told_and_the_same_one_is_kept_in_both_stores(
    home: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    give(store, cells[0], to="vega")
    vega = brought(store, tmp_path / "vega", "vega")
    (own,) = train(store, cells[0], STEPS)
    (other,) = train(vega, cells[0], STEPS, writer="vega")
    kept = max((restore(one.cell(cells[0])) for one in (store, vega)), key=lambda one: one.sha256)
    capsys.readouterr()
    assert main(["merge", str(vega.path), str(store.path)]) == 0
    text = f"warning: {cells[0].label} has two results; the one of {kept.path} is kept\n"
    assert kept.path in {own, other}
    assert text in capsys.readouterr().out
    assert main(["merge", str(store.path), str(vega.path), "--json"]) == 0
    for one in (store, vega):
        found = restore(one.cell(cells[0]))
        assert found is not None
        assert found.sha256 == kept.sha256


def test_a_cell_that_two_sites_have_by_force_is_told_by_merge(
    home: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    give(store, cells[0], to="vega")
    vega = brought(store, tmp_path / "vega", "vega")
    given = {cells[0].id: None}
    store.leases.add(take_back(store.leases.resolved(), given, here="home"))
    give(vega, cells[0], to="desk")
    capsys.readouterr()
    assert main(["merge", str(vega.path), str(store.path), "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["twice"]
    assert told == {
        "label": cells[0].id,
        "what": "may be in training at desk and at home; desk has it",
    }


def test_merge_makes_a_store_that_is_not_there_and_a_dry_run_does_not(
    home: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    train(store, cells[0], 30)
    give(store, cells[0], to="vega")
    new = tmp_path / "runs" / "vega"
    assert main(["merge", str(store.path), str(new), "--dry-run"]) == 0
    assert not new.parent.exists()
    assert capsys.readouterr().out.endswith(
        "would bring in: 1 leases of cells between sites\n"
        "would bring in: the frames of springs\n"
        "would bring in: the other store's grid, which goes further than this one's\n"
        "would bring in: 1 cells; 0 are as far here, or further\n"
    )
    assert main(["merge", str(store.path), str(new)]) == 0
    assert capsys.readouterr().out.endswith(f"next: python -m hpcmlff.resume {new}\n")
    found = open_store(new)
    assert found.current_grid().cells == tuple(cells)
    assert_holds(restore(found.cell(cells[0])), cells[0], 30)
    assert found.site.stated() == ""
    assert list(found.ledger.newest_first()) == []
    assert main(["verify", str(new)]) == 0


def test_merge_does_not_make_a_store_in_a_folder_of_other_things(
    home: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = home
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "notes.txt").touch()
    assert main(["merge", str(store.path), str(tmp_path / "else")]) == 4
    assert "is not a store (no readable store.json)" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "else").iterdir()] == ["notes.txt"]


def test_a_damaged_lease_stops_all_that_would_train_and_verify_names_it(
    home: tuple[Store, list[Cell]], capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    lease = give(store, cells[0], to="vega")
    [path] = store.leases.paths()
    assert path.name == f"{lease.digest}.json"
    whole = path.read_text()
    path.write_text(whole.replace('"vega"', '"home"'))
    with pytest.raises(StoreError, match="does not have the digest that is its name"):
        cells_away(store, cells)
    assert main(["verify", str(store.path), "--json"]) == 4
    [finding] = json.loads(capsys.readouterr().out)["findings"]
    assert finding["serves"] == "nothing: put a copy back from another site's store"
    path.write_text(whole[:40])
    with pytest.raises(StoreError, match="is not JSON"):
        cells_away(store, cells)


def test_what_a_killed_writer_has_left_is_no_lease(home: tuple[Store, list[Cell]]) -> None:
    store, cells = home
    lease = give(store, cells[0], to="vega")
    [path] = store.leases.paths()
    path.rename(path.with_name(f".{lease.digest}.0123456789ab.tmp.json"))
    assert not store.leases.resolved()
    assert why(store, cells) == ["", "", ""]


def test_a_copy_whose_leases_are_damaged_or_missing_is_refused(
    home: tuple[Store, list[Cell]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, cells = home
    ours, _ = make_store(tmp_path / "ours", seeds=3)
    give(store, cells[0], to="vega")
    [path] = store.leases.paths()
    train(store, cells[1], 10)
    path.write_text("{}")
    assert main(["merge", str(store.path), str(ours.path)]) == 4
    assert "is no lease of a format that is known here" in capsys.readouterr().err
    path.unlink()
    assert main(["merge", str(store.path), str(ours.path)]) == 4
    assert capsys.readouterr().err == (
        f"error: {store.path}: is a part of a copy of the store of the site 'home': its leases "
        "are missing. Copy the store again; nothing was merged\n"
    )
    assert restore(ours.cell(cells[1])) is None

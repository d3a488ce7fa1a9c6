"""A submission that is cut off, or made twice at once, loses and doubles nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from hpcmlff import submit
from hpcmlff.dispatch import dispatch
from hpcmlff.executors.lookup import load_profile
from hpcmlff.jobs import job_states, settle_intents
from hpcmlff.reconcile import survey
from hpcmlff.spec.plan import Placement
from hpcmlff.spec.states import CellState
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.ledger import Intent
from hpcmlff.store.store import Store, open_store

Settled = Callable[..., tuple[Store, FrozenGrid]]
RUN = "import sys; from hpcmlff.worker.pack import run_pack; print(run_pack(sys.argv[1], 1))"


def run_pack(store: Store) -> str:
    command = [sys.executable, "-c", RUN, str(store.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def intend(store: Store, frozen: FrozenGrid) -> None:
    profile = load_profile("local").model_dump(mode="json")
    cells = tuple(cell.id for cell in frozen.cells)
    placement = Placement(
        cpus=1, gpus=0, mem_gb=1.0, walltime_s=60, parallel=1, cells_per_element=len(cells)
    )
    intent = Intent(
        profile=profile,
        cells=cells,
        mark="m",
        revision=frozen.revision,
        placement=asdict(placement),
    )
    store.ledger.intend(intent)


def test_a_job_whose_submission_died_confirms_itself(settled: Settled) -> None:
    store, frozen = settled()
    intend(store, frozen)
    assert [standing.state for standing in survey(store, frozen.cells)] == ["pending"] * 4
    assert run_pack(store).count(": 0") == 4
    record = store.ledger.read(1)
    assert record.job is not None
    assert record.ended
    assert {standing.state for standing in survey(store, frozen.cells)} == {CellState.DONE}


def test_a_job_that_starts_after_its_orphaned_record_was_closed_does_nothing(
    settled: Settled,
) -> None:
    store, frozen = settled()
    intend(store, frozen)
    assert job_states(store) == {}
    assert not store.ledger.read(1).ended
    settle_intents(store)
    assert run_pack(store) == "{}"
    assert {standing.state for standing in survey(store, frozen.cells)} == {CellState.PENDING}


def test_an_orphan_is_replaced_by_the_next_submission(settled: Settled) -> None:
    store, frozen = settled()
    intend(store, frozen)
    made = dispatch(store, frozen, load_profile("local"), retry_failed=False)
    assert len(made.cells) == 4
    assert [record.number for record in made.records] == [2]
    assert store.ledger.read(1).ended


def test_two_submissions_at_once_train_every_cell_once(
    grid_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grid_file()
    command = [sys.executable, "-m", "hpcmlff.submit", "grid.yaml", "--wait"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    texts = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("submitted 4 cells" in text for text in texts) == 1
    store = open_store(tmp_path / "runs" / "springs")
    found = survey(store, store.current_grid().cells)
    assert [(standing.state, standing.attempts) for standing in found] == [("done", 1)] * 4


def test_generated_frames_are_made_once_and_kept_in_the_store(
    grid_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = "{generate: {molecule: water, smiles: O, frames: 12}}"
    keys = {
        "molecules": f"{{water: {recipe}}}",
        "split": "{validation: 2, test: 4}",
        "axes": "{model: [mean], size: [5]}",
    }
    grid_file(**keys)
    assert submit.main(["grid.yaml", "--dry-run"]) == 0
    assert "frames are yet to be made: water" in capsys.readouterr().err
    assert submit.main(["grid.yaml", "--wait"]) == 0
    assert "12 of 12 frames" in capsys.readouterr().err
    assert submit.main(["grid.yaml", "--dry-run"]) == 0
    assert "1 cells: 1 done" in capsys.readouterr().err
    assert submit.main(["grid.yaml", "--wait"]) == 0
    assert "of 12 frames" not in capsys.readouterr().err
    grid_file(**keys | {"molecules": f"{{water: {recipe.replace('12', '13')}}}"})
    assert submit.main(["grid.yaml"]) == 4
    assert "holds other data under the molecule 'water'" in capsys.readouterr().err
    grid_file(**keys | {"molecules": "{water: {generate: {molecule: watr, frames: 12}}}"})
    assert submit.main(["grid.yaml"]) == 3
    assert "molecules.water.generate: no built-in molecule 'watr'" in capsys.readouterr().err

"""Simulations that the grid asks for: by the job that trained the cell, or later."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from simulated import GLYCINE_GRID

from hpcmlff import evaluate
from hpcmlff.console import say
from hpcmlff.errors import GridError, StoreError
from hpcmlff.evidence.simulations import simulations
from hpcmlff.prepare.draft import draft, settle
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.store import Store

ASKING = """
evaluate: [errors, md, scan]
md: {time_ps: 0.02, equilibration_ps: 0.0}
scan: {atoms: [0, 1, 2, 3], first_deg: 150, last_deg: 130, points: 2}
"""


def settled(folder: Path, text: str) -> tuple[Store, FrozenGrid]:
    (folder / "grid.yaml").write_text(text, encoding="utf-8")
    return settle(draft(folder / "grid.yaml", say), say)


def worker(store: Store, frozen: FrozenGrid) -> list[str]:
    [cell] = frozen.cells
    options = ["--store", str(store.path), "--cell", cell.id, "--revision", str(frozen.revision)]
    return [sys.executable, "-m", "hpcmlff.worker", *options]


def train(store: Store, frozen: FrozenGrid) -> None:
    subprocess.run(worker(store, frozen), check=True)


def summaries(store: Store, frozen: FrozenGrid) -> dict[str, list[Any]]:
    return {kind: simulations(store, frozen.cells, kind) for kind in ("md", "scan")}


def log_of(store: Store, frozen: FrozenGrid) -> str:
    [attempt] = store.cell(frozen.cells[0]).attempts()
    return attempt.log.read_text(encoding="utf-8")


@pytest.fixture
def place(glycine: Store, tmp_path: Path) -> Path:
    """A folder with the frames and no store."""
    source = glycine.path.parents[1] / "glycine.xyz"
    (tmp_path / "glycine.xyz").write_bytes(source.read_bytes())
    return tmp_path


def test_the_job_that_trained_a_cell_runs_what_the_grid_asks(place: Path) -> None:
    store, frozen = settled(place, GLYCINE_GRID + ASKING)
    train(store, frozen)
    found = summaries(store, frozen)
    [md], [scan] = found["md"], found["scan"]
    assert (md["n_frames"], md["outcome"], md["settings"]["time_ps"]) == (5, "done", 0.02)
    assert scan["coordinate"] == "dihedral N0-C1-C2-O3"
    assert scan["n_points"] == 2
    log = log_of(store, frozen)
    assert "md: done" in log
    assert "scan: done" in log


def test_asking_later_makes_no_new_cell_and_trains_nothing(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, before = settled(place, GLYCINE_GRID)
    train(store, before)
    assert summaries(store, before) == {"md": [], "scan": []}
    assert evaluate.main([str(store.path)]) == StoreError.exit_code
    assert "the grid asks for no simulations" in capsys.readouterr().err
    store, after = settled(place, GLYCINE_GRID + ASKING)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert after.revision == 2
    assert evaluate.main([str(store.path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == summaries(store, after)
    assert (len(told["md"]), len(told["scan"])) == (1, 1)
    assert evaluate.main([str(store.path)]) == 0
    assert "dihedral N0-C1-C2-O3" in " ".join(capsys.readouterr().out.split())
    assert len(store.cell(after.cells[0]).attempts()) == 1


def test_a_simulation_that_cannot_be_run_leaves_the_cell_done(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = ASKING.replace("atoms: [0, 1, 2, 3], first_deg: 150, last_deg: 130", "path: rotation")
    store, frozen = settled(place, GLYCINE_GRID + asking)
    train(store, frozen)
    found = summaries(store, frozen)
    assert (len(found["md"]), len(found["scan"])) == (1, 0)
    assert "a simulation failed; the cell is done" in log_of(store, frozen)
    assert evaluate.main([str(store.path)]) == 3
    assert "the molecule has 0 bridges C-N-N-C" in capsys.readouterr().err


def test_a_job_that_has_to_end_keeps_what_it_has(place: Path) -> None:
    # So cold that a molecule without forces does not fall apart.
    md = "{time_ps: 500, equilibration_ps: 0.0, every: 1000, temperature_k: 0.001}"
    store, frozen = settled(place, f"{GLYCINE_GRID}\nevaluate: [md]\nmd: {md}\n")
    [cell] = frozen.cells
    with subprocess.Popen(worker(store, frozen)) as process:
        while not list(store.cell(cell).simulations("md").glob("*/.lock")):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        process.terminate()
    assert process.returncode == 0
    [run] = store.cell(cell).simulations("md").iterdir()
    assert len(list(run.glob("part-*.h5"))) == 1
    assert "md: stopped: SIGTERM" in log_of(store, frozen)


@pytest.mark.parametrize(
    ("asking", "key", "message"),
    [
        ("evaluate: [errors, dynamics]", "evaluate", "'errors', 'md' or 'scan'"),
        ("evaluate: [scan]", "grid.yaml", "'evaluate' names a scan: say of what"),
        ("md: {time_ps: 0}", "md.time_ps", "greater than 0"),
        ("scan: {path: turning}", "scan.path", "'rotation' or 'inversion'"),
        ("scan: {atoms: [0, 1, 2, 3]}", "scan", "needs 'first_deg' and 'last_deg'"),
        ("scan: {path: rotation, last_deg: 180}", "scan", "the scan ends where it begins"),
    ],
)
def test_a_grid_that_asks_wrongly_is_refused(
    place: Path, asking: str, key: str, message: str
) -> None:
    with pytest.raises(GridError) as found:
        settled(place, f"{GLYCINE_GRID}\n{asking}\n")
    assert key in str(found.value)
    assert message in str(found.value)
    assert not (place / "runs").exists()

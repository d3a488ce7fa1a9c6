"""One cell in a process of its own, as a job runs it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcmlff.errors import StoreError
from hpcmlff.files import read_json
from hpcmlff.reconcile import survey
from hpcmlff.spec.cells import Cell
from hpcmlff.spec.states import CellState
from hpcmlff.store.attempts import claim
from hpcmlff.store.checkpoints import restore
from hpcmlff.store.frozen import FrozenGrid
from hpcmlff.store.headers import newest_seal
from hpcmlff.store.store import Store, open_store

Settled = Callable[..., tuple[Store, FrozenGrid]]
Worker = Callable[..., subprocess.CompletedProcess[str]]

STEPS = "{mean: {steps: 20, step_s: 0.1}}"
SCHNET = "{schnet: {features: 8, interactions: 1, gaussians: 5, steps: 1500, validate_every: 250}}"


def one_mean(settled: Settled, models: str = STEPS) -> tuple[Store, Cell]:
    store, frozen = settled(axes="{model: [mean], size: [20]}", models=models)
    return store, frozen.cells[0]


def end_of(store: Store, cell: Cell) -> dict[str, Any]:
    found = read_json(store.cell(cell).attempts()[0].end)
    assert isinstance(found, dict)
    return found


def test_a_cell_stops_at_its_deadline_and_goes_on_in_the_next_job(
    settled: Settled, worker: Worker
) -> None:
    store, cell = one_mean(settled)
    first = worker(store, cell.short_id, "--deadline-s", "1.5")
    assert first.returncode == 75
    assert end_of(store, cell)["reason"] == "the job's walltime is ending"
    step = end_of(store, cell)["step"]
    assert 0 < step < 20
    assert worker(store, cell.id).returncode == 0
    log = store.cell(cell).attempt(2).log.read_text()
    assert f"training from step {step}, from {store.cell(cell).attempt(1).path}" in log
    assert "done: energy_mae_kcal_mol" in log


def test_a_done_cell_is_not_trained_again(settled: Settled, worker: Worker) -> None:
    store, cell = one_mean(settled, "{mean: {steps: 1}}")
    assert [worker(store, cell.id).returncode for _ in range(2)] == [0, 0]
    assert len(store.cell(cell).attempts()) == 1


def test_an_unknown_cell_or_store_is_an_error_without_traceback(
    settled: Settled, worker: Worker, tmp_path: Path
) -> None:
    store, _ = one_mean(settled)
    done = worker(store, "ffff")
    assert (done.returncode, done.stderr) == (4, "error: no cell ffff in revision 1 of the grid\n")
    shutil.move(store.path, tmp_path / "away")
    assert "is not a store" in worker(store, "ffff").stderr


def test_an_older_attempt_stops_without_a_trace_when_a_newer_has_taken_over(
    settled: Settled,
) -> None:
    store, cell = one_mean(settled, "{mean: {steps: 600, step_s: 0.1}}")
    command = [sys.executable, "-m", "hpcmlff.worker", "--store", str(store.path)]
    command += ["--cell", cell.id, "--revision", "1", "--commit-s", "0.5", "--report-s", "0.2"]
    process = subprocess.Popen(command)
    while restore(store.cell(cell)) is None:
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGSTOP)
    newer = claim(store.cell(cell))
    before = restore(store.cell(cell))
    process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 75
    after = restore(store.cell(cell))
    assert before is not None
    assert after is not None
    assert after.sequence <= before.sequence + 1
    assert newer.generations() == []
    assert not store.cell(cell).attempt(1).end.exists()
    assert "attempt 2 has taken over" in store.cell(cell).attempt(1).log.read_text()


def test_a_full_disk_stops_the_cell_and_keeps_what_was_acknowledged(
    settled: Settled, worker: Worker
) -> None:
    store, cell = one_mean(settled)
    assert worker(store, cell.id, "--deadline-s", "1.5").returncode == 75
    kept = restore(store.cell(cell))
    assert worker(store, cell.id, limit_bytes=3000).returncode == 4
    assert end_of(store, cell)["outcome"] == "failed"
    assert "File too large" in end_of(store, cell)["message"]
    standing = survey(store, [cell])[0]
    assert standing.state is CellState.FAILED
    after = restore(store.cell(cell))
    assert kept is not None
    assert after is not None
    assert after.path == kept.path
    assert worker(store, cell.id).returncode == 0


def test_a_store_where_no_attempt_can_be_claimed_is_one_message(
    settled: Settled, worker: Worker
) -> None:
    store, cell = one_mean(settled)
    (store.path / "cells").touch()
    done = worker(store, cell.id)
    assert done.returncode == 4
    assert done.stderr.startswith("error: [Errno 20] Not a directory")
    assert "Traceback" not in done.stderr


def test_a_cell_whose_training_fails_says_why(settled: Settled, worker: Worker) -> None:
    store, frozen = settled(axes="{model: [sgdml], size: [20]}")
    cell = frozen.cells[0]
    assert worker(store, cell.id, "--mem-gb", "0.01").returncode == 6
    assert end_of(store, cell)["kind"] == "TooLittleMemory"
    assert "GiB" in survey(store, [cell])[0].reason


def test_data_that_were_exchanged_are_noticed(settled: Settled, worker: Worker) -> None:
    import h5py

    store, cell = one_mean(settled)
    with h5py.File(store.layout.dataset("springs"), "r+") as file:
        file["energies"][0] += 1.0
    assert worker(store, cell.id).returncode == 3
    assert "damaged" in end_of(store, cell)["message"]


def kill_after_next_checkpoint(store: Store, cell: Cell) -> None:
    command = [sys.executable, "-m", "hpcmlff.worker", "--store", str(store.path)]
    command += ["--cell", cell.id, "--revision", "1", "--commit-s", "0", "--report-s", "0"]
    before = restore(store.cell(cell))
    wanted = 1 + (before.sequence if before else 0)
    process = subprocess.Popen(command)
    while process.poll() is None:
        newest = newest_seal(store.cell(cell))
        if newest is not None and newest.facts["sequence"] >= wanted:
            process.kill()
        time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL


def test_a_network_killed_and_resumed_ends_with_the_bits_of_an_unbroken_one(
    settled: Settled, worker: Worker, tmp_path: Path
) -> None:
    store, frozen = settled(axes="{model: [schnet], size: [20]}", models=SCHNET)
    cell = frozen.cells[0]
    shutil.copytree(store.path, tmp_path / "unbroken")
    unbroken = open_store(tmp_path / "unbroken")
    assert worker(unbroken, cell.id).returncode == 0
    for _ in range(2):
        kill_after_next_checkpoint(store, cell)
    assert worker(store, cell.id).returncode == 0
    broken, whole = restore(store.cell(cell)), restore(unbroken.cell(cell))
    assert broken is not None
    assert whole is not None
    assert [share["attempt"] for share in broken.content.notes["history"]] == [1, 2, 3]
    assert broken.content.packed.keys() == whole.content.packed.keys()
    for name, array in whole.content.packed.items():
        assert broken.content.packed[name].tobytes() == array.tobytes(), name
    assert broken.content.notes["metrics"] == whole.content.notes["metrics"]


def test_a_cell_is_found_by_the_beginning_of_its_id(settled: Settled) -> None:
    store, frozen = settled()
    assert store.grids.find_cell(1, frozen.cells[2].short_id) == frozen.cells[2]
    with pytest.raises(StoreError, match="no cell 0000000000000 in revision 1"):
        store.grids.find_cell(1, "0" * 13)


def test_the_resolved_cells_survive_a_reread(settled: Settled) -> None:
    store, frozen = settled()
    assert store.current_grid() == frozen
    assert len({cell.id for cell in frozen.cells}) == 4
    assert len({cell.split for cell in frozen.cells}) == 4
    assert {cell.dataset for cell in frozen.cells} == {frozen.molecules["springs"]}

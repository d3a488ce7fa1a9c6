"""The main job with real processes: submit, kill, resume, extend, collect."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcmlff import cancel, collect, resume, status, submit
from hpcmlff.executors.processes import identify
from hpcmlff.files import read_json
from hpcmlff.metrics import METRICS
from hpcmlff.reconcile import Standing, counts, survey
from hpcmlff.spec.states import CellState
from hpcmlff.store.checkpoints import Checkpoint, restore
from hpcmlff.store.store import Store, open_store

PROFILE = """
name: test
scheduler: local
cpus: 2
mem_gb: 16
checkpoint_interval: 1s
progress_interval: 1s
poll_interval: 1s
grace: 20s
"""
SLOW = "{mean: {steps: 40, step_s: 0.25}}"


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cluster_profiles").mkdir()
    (tmp_path / "cluster_profiles" / "local.yaml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)


def the_store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "runs" / "springs")


def standings(tmp_path: Path) -> list[Standing]:
    store = the_store(tmp_path)
    return survey(store, store.current_grid().cells)


def states(tmp_path: Path) -> list[str]:
    return [standing.state.value for standing in standings(tmp_path)]


def results(tmp_path: Path) -> list[Checkpoint]:
    store = the_store(tmp_path)
    found = [restore(store.cell(cell)) for cell in store.current_grid().cells]
    assert all(one is not None for one in found)
    return [one for one in found if one is not None]


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end, "waited for a minute and a half"
        time.sleep(0.1)


def first_has_a_checkpoint(tmp_path: Path) -> bool:
    store = the_store(tmp_path)
    return restore(store.cell(store.current_grid().cells[0])) is not None


def test_a_grid_is_trained_scored_and_not_trained_again(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file()
    assert submit.main([str(path), "--wait"]) == 0
    text = capsys.readouterr().err
    assert "4 cells: 4 pending" in text
    assert "submitted 4 cells (4 mean/springs) as job" in text
    assert text.rstrip().endswith("4 done")
    first = results(tmp_path)
    for one in first:
        assert one.final
        notes = one.content.notes
        energies = one.content.plain["test/energies_kcal_mol"]
        assert energies.shape == (20,)
        assert one.content.plain["test/forces_kcal_mol_ang"].shape == (20, 5, 3)
        assert set(notes["metrics"]) == set(METRICS)
        assert (notes["n_train"], notes["n_test"]) in {(10, 20), (20, 20)}
        share = notes["history"][0]
        assert share["packages"]["numpy"] == np.__version__
        assert share["threads"] == 1
        assert share["cpu_s"] > 0
    assert submit.main([str(path), "--wait"]) == 0
    text = capsys.readouterr().err
    assert "4 cells: 4 done\nnothing to train\n4 done" in text
    assert [one.path for one in results(tmp_path)] == [one.path for one in first]
    assert [one.attempts for one in standings(tmp_path)] == [1, 1, 1, 1]


def test_a_mean_is_scored_as_computed_by_hand(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    from hpcmlff.data.dataset import read_dataset

    path = grid_file(axes="{model: [mean], size: [10]}")
    assert submit.main([str(path), "--wait"]) == 0
    frames = read_dataset(the_store(tmp_path).layout.dataset("springs")).frames
    plain = results(tmp_path)[0].content.plain
    train, test = plain["split/train"], plain["split/test"]
    assert set(train) & set(test) == set()
    error = frames.energies[train].mean() - frames.energies[test]
    metrics = results(tmp_path)[0].content.notes["metrics"]
    assert metrics["energy_rmse_kcal_mol"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert metrics["force_mae_kcal_mol_ang"] == pytest.approx(np.abs(frames.forces[test]).mean())


def test_sizes_are_nested_and_share_the_test_set(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    assert submit.main([str(grid_file(axes="{model: [mean], size: [10, 20]}")), "--wait"]) == 0
    small, large = (one.content.plain for one in results(tmp_path))
    assert small["split/train"].tolist() == large["split/train"][:10].tolist()
    assert small["split/test"].tolist() == large["split/test"].tolist()
    assert small["split/validation"].tolist() == large["split/validation"].tolist()


def test_an_extended_grid_trains_the_new_cells_only(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([str(grid_file(axes="{model: [mean], size: [10]}")), "--wait"]) == 0
    capsys.readouterr()
    path = grid_file(axes="{model: [mean], size: [10, 20], mean.steps: [1, 2]}")
    assert submit.main([str(path), "--wait"]) == 0
    text = capsys.readouterr().err
    assert "4 cells: 3 pending, 1 done" in text
    assert "submitted 3 cells" in text
    assert the_store(tmp_path).current_grid().revision == 2


def test_the_submitting_command_may_die_and_the_cells_go_on(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10, 20, 25]}")
    command = [sys.executable, "-m", "hpcmlff.submit", str(path), "--wait"]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    eventually((tmp_path / "runs/springs/ledger/000001.job.json").exists)
    eventually(lambda: "running" in states(tmp_path))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert "running" in states(tmp_path)
    assert status.main([]) == 0
    text = capsys.readouterr().out
    assert "3 cells:" in text
    assert "running" in text
    assert submit.main([str(path)]) == 0
    assert "nothing to train" in capsys.readouterr().err
    eventually(lambda: states(tmp_path) == ["done"] * 3)


def test_cancelled_cells_commit_and_go_on_where_they_were(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10, 20, 25]}")
    assert submit.main([str(path)]) == 0
    assert "next: python -m hpcmlff.status" in capsys.readouterr().err
    eventually(lambda: states(tmp_path).count("running") == 2)
    assert "queued" in states(tmp_path)
    eventually(lambda: all(s.progress.get("step", 0) > 1 for s in standings(tmp_path)[:2]))
    assert cancel.main([]) == 0
    assert capsys.readouterr().err == (
        "asked 3 cells (2 running, 1 queued) in 1 job to stop; running cells commit a checkpoint "
        "first\nnext: python -m hpcmlff.status " + f"{tmp_path / 'runs/springs'}\n"
    )
    eventually(lambda: states(tmp_path) == ["stopped", "stopped", "pending"])
    assert standings(tmp_path)[0].reason == "SIGTERM"
    stopped = results_of_first(tmp_path)
    step = stopped.content.notes["progress"]["step"]
    assert 0 < step < 40
    assert cancel.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cancelled"] == []
    assert resume.main(["--wait"]) == 0
    text = capsys.readouterr().err
    assert "3 cells: 1 pending, 2 stopped" in text
    history = results_of_first(tmp_path).content.notes["history"]
    assert [share["attempt"] for share in history] == [1, 2]
    assert (history[0]["to_step"], history[1]["from_step"]) == (step, step)
    assert history[1]["to_step"] == 40


def test_some_cells_are_cancelled_and_the_others_of_their_job_go_on(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10, 20], seed: [0, 1]}")
    assert submit.main([str(path)]) == 0
    eventually(lambda: states(tmp_path) == ["running", "running", "queued", "queued"])
    eventually(lambda: all(s.progress.get("step", 0) > 1 for s in standings(tmp_path)[:2]))
    capsys.readouterr()
    # One that runs and one that waits, by two people at once.
    words = [sys.executable, "-m", "hpcmlff.cancel", "runs/springs", "*/*/*/s1"]
    both = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert cancel.main(["seed=1"]) == 0
    assert capsys.readouterr().err.startswith("no job has any of these cells\n")
    eventually(lambda: states(tmp_path)[1] == "stopped")
    assert states(tmp_path)[3] == "pending"
    assert standings(tmp_path)[1].reason == "SIGTERM"
    eventually(lambda: states(tmp_path) == ["done", "stopped", "done", "pending"])
    assert [standing.attempts for standing in standings(tmp_path)] == [1, 1, 1, 0]
    eventually(lambda: the_store(tmp_path).ledger.open_records() == [])
    assert resume.main(["--wait"]) == 0
    assert [standing.attempts for standing in standings(tmp_path)] == [1, 2, 1, 1]


def results_of_first(tmp_path: Path) -> Checkpoint:
    store = the_store(tmp_path)
    found = restore(store.cell(store.current_grid().cells[0]))
    assert found is not None
    return found


def test_a_killed_worker_does_not_harm_its_neighbour_and_is_resumed(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10, 20]}")
    assert submit.main([str(path)]) == 0
    eventually(partial(first_has_a_checkpoint, tmp_path))
    store = the_store(tmp_path)
    first = store.cell(store.current_grid().cells[0]).attempts()[0]
    os.kill(read_json(first.start)["process"]["pid"], signal.SIGKILL)
    eventually(lambda: states(tmp_path)[0] == "stopped")
    assert standings(tmp_path)[0].reason == "its process was killed"
    eventually(lambda: states(tmp_path) == ["stopped", "done"])
    assert resume.main(["--wait"]) == 0
    assert results_of_first(tmp_path).content.notes["history"][-1]["from_step"] > 0
    unbroken = results(tmp_path)[1].content.notes["metrics"]["force_rmse_kcal_mol_ang"]
    assert results(tmp_path)[0].content.notes["metrics"]["force_rmse_kcal_mol_ang"] == unbroken


def test_workers_stop_when_their_job_is_killed(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10]}")
    assert submit.main([str(path)]) == 0
    eventually(lambda: "running" in states(tmp_path))
    store = the_store(tmp_path)
    job = store.ledger.read(1).job
    assert job is not None
    os.kill(job["process"]["pid"], signal.SIGKILL)
    eventually(lambda: states(tmp_path) == ["stopped"])
    attempt = store.cell(store.current_grid().cells[0]).attempts()[0]
    worker = read_json(attempt.start)["process"]["pid"]
    eventually(lambda: identify(worker) is None)
    assert read_json(attempt.end)["outcome"] == "stopped"


def test_a_failing_cell_is_told_and_tried_again_only_if_asked(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = grid_file(axes="{model: [mean], size: [10, 20]}")
    assert submit.main([str(path), "--dry-run"]) == 0
    assert not (tmp_path / "runs").exists()
    # A file where the cell's folder has to be makes its attempt fail for real.
    assert submit.main([str(path), "--wait"]) == 0
    store = the_store(tmp_path)
    folder = store.cell(store.current_grid().cells[0])
    for _, generation in folder.attempts()[0].generations():
        generation.write_bytes(b"damaged")
    capsys.readouterr()
    assert submit.main([str(path), "--wait"]) == 1
    text = capsys.readouterr().err
    assert "failed: mean/springs/n10/s0-" in text
    assert "no checkpoint of the cell verifies" in text
    assert states(tmp_path) == ["failed", "done"]
    assert resume.main(["--json"]) == 0
    told = capsys.readouterr()
    assert "failed cells are tried again with --retry-failed" in told.err
    assert json.loads(told.out)["submitted"] == []
    for attempt in folder.attempts():
        for _, generation in attempt.generations():
            generation.unlink()
    assert resume.main(["--retry-failed", "--wait"]) == 0
    assert states(tmp_path) == ["done", "done"]


def test_collect_writes_tables_and_plots_and_prints_rows(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([str(grid_file()), "--wait"]) == 0
    capsys.readouterr()
    assert collect.main([]) == 0
    text = capsys.readouterr().out
    report = tmp_path / "runs" / "springs" / "report"
    for name in ("results.csv", "results.parquet", "results.md"):
        assert (report / name).is_file()
        assert name in text
    assert sorted(path.name for path in report.glob("*.png")) == [
        "core_hours_springs.png",
        "efficiency.png",
        "elements_springs.png",
        "learning_curves_springs_mae.png",
        "learning_curves_springs_rmse.png",
        "parity_springs.png",
    ]
    assert collect.main(["grid.yaml", "--json", "--no-plots", "-o", "elsewhere"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in told["rows"]] == ["done"] * 4
    assert told["rows"][0]["n_test"] == 20
    assert [Path(name).name for name in told["files"]] == [
        "results.csv",
        "results.parquet",
        "results_wide.csv",
        "results.tex",
        "results.md",
        "findings.csv",
    ]
    assert {str(Path(name).parent) for name in told["files"]} == {"elsewhere"}


def test_a_second_job_leaves_the_first_its_share_of_the_machine(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('a file of the user was imported')")
    assert submit.main([str(grid_file(models=SLOW, axes="{model: [mean], size: [10]}"))]) == 0
    eventually(lambda: states(tmp_path) == ["running"])
    both = "{model: [mean], size: [10, 20, 25]}"
    assert submit.main([str(grid_file(models=SLOW, axes=both))]) == 0
    seen: set[tuple[str, ...]] = set()

    def done() -> bool:
        seen.add(tuple(states(tmp_path)))
        return states(tmp_path) == ["done"] * 3

    eventually(done)
    assert any(one.count("running") == 2 for one in seen)
    assert max(one.count("running") for one in seen) == 2
    assert [standing.attempts for standing in standings(tmp_path)] == [1, 1, 1]


def test_a_damaged_result_is_shown_and_does_not_hide_the_others(
    grid_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([str(grid_file(axes="{model: [mean], size: [10, 20]}")), "--wait"]) == 0
    path = results(tmp_path)[0].path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    capsys.readouterr()
    assert collect.main(["--json", "--no-plots"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["state"] for row in rows] == ["failed", "done"]
    assert rows[0]["energy_mae_kcal_mol"] is None
    assert rows[0]["reason"].startswith("its final checkpoint is damaged")
    path.unlink()
    assert resume.main(["--wait"]) == 0
    assert states(tmp_path) == ["done", "done"]


def test_interrupting_the_watch_leaves_the_cells_alone(
    grid_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10]}")
    command = [sys.executable, "-m", "hpcmlff.submit", str(path), "--wait"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    eventually((tmp_path / "runs/springs/ledger/000001.job.json").exists)
    eventually(lambda: "running" in states(tmp_path))
    process.send_signal(signal.SIGINT)
    text = process.communicate()[1]
    assert process.returncode == 130
    assert "the cells go on; next: python -m hpcmlff.status" in text
    eventually(lambda: states(tmp_path) == ["done"])


def test_status_lists_cells_for_people_and_for_scripts(
    grid_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([str(grid_file()), "--wait", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["states"]["done"] == 4
    assert len(told["submitted"]) == 4
    assert status.main(["--all"]) == 0
    text = capsys.readouterr().out
    assert text.count("done") >= 4
    assert "next: python -m hpcmlff.collect" in text
    assert status.main(["--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert [cell["state"] for cell in cells] == ["done"] * 4


def test_states_are_counted_with_every_state_named() -> None:
    assert counts([]) == dict.fromkeys((state.value for state in CellState), 0)


def test_on_a_terminal_the_watch_shows_bars(grid_file: Callable[..., Path], tmp_path: Path) -> None:
    path = grid_file(models=SLOW, axes="{model: [mean], size: [10]}")
    command = [sys.executable, "-m", "hpcmlff.submit", str(path), "--wait"]
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    # Linux ends a terminal whose other side is closed by an input/output error.
    with suppress(OSError):
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    assert process.wait() == 0
    text = shown.decode()
    assert "mean springs n10 s0" in text
    assert "training, step" in text
    assert "left" in text
    assert "1 done" in text

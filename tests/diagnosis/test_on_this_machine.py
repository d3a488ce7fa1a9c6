"""Attempts that come to grief for real in background jobs of this machine, and what is said."""

from __future__ import annotations

import json
import resource as limits
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diagnosis.memory_group import MemoryGroup
from store.faults.disk import SmallDisk

from hpcmlff import cancel, resume, status, submit
from hpcmlff.diagnosis import diagnosed
from hpcmlff.reconcile import Standing, survey
from hpcmlff.store.store import Store, open_store

WriteGrid = Callable[..., Path]

PROFILE = """
name: test
scheduler: local
cpus: 1
mem_gb: 2
checkpoint_interval: 1s
progress_interval: 1s
poll_interval: 1s
grace: 20s
"""
ONE = "{model: [MODEL], size: [10], seed: [0]}"
SLOW = "{mean: {steps: 60, step_s: 0.1}}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cluster_profiles").mkdir()
    (tmp_path / "cluster_profiles" / "local.yaml").write_text(PROFILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    return tmp_path


def the_store() -> Store:
    return open_store(Path("runs") / "springs")


def standings() -> list[Standing]:
    store = the_store()
    return survey(store, store.current_grid().cells)


def states() -> list[str]:
    return [standing.state.value for standing in standings()]


def history(number: int = 0) -> list[tuple[int, str]]:
    """Return number and cause of a cell's attempts, the oldest first."""
    store = the_store()
    cell = store.current_grid().cells[number]
    return [(one.attempt, one.cause.value) for one in reversed(diagnosed(store, cell))]


def eventually(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 600
    while not holds():
        assert time.monotonic() < end, "waited for ten minutes"
        time.sleep(0.1)


def has_begun(number: int = 0) -> bool:
    store = the_store()
    attempts = store.cell(store.current_grid().cells[number]).attempts()
    return bool(attempts) and attempts[0].progress.exists()


def one_cell(grid_file: WriteGrid, model: str, **changes: str) -> list[str]:
    given = {"axes": ONE.replace("MODEL", model), "resources": "[{mem_gb: 0.5}]", **changes}
    return [str(grid_file(**given))]


def told(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    capsys.readouterr()
    assert status.main(["--failed", *options]) == 0
    return capsys.readouterr().out


def submitted(words: list[str], preexec: Callable[[], None]) -> int:
    """Submit in a process that limits itself before, and so all that it starts."""
    command = [sys.executable, "-m", "hpcmlff.submit", *words, "--wait"]
    done = subprocess.run(command, preexec_fn=preexec, check=False, stderr=subprocess.DEVNULL)
    return done.returncode


def test_a_finished_cell_is_finished(grid_file: WriteGrid) -> None:
    assert submit.main([*one_cell(grid_file, "mean"), "--wait"]) == 0
    assert history() == [(1, "finished")]


def test_memory_that_cannot_be_had_is_raised_to_the_most_there_is_and_no_further(
    grid_file: WriteGrid, plug_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = one_cell(grid_file, "glutton", models="{glutton: {eaten_gb: 64}}")
    size = 8 * 2**30

    def limit() -> None:
        limits.setrlimit(limits.RLIMIT_AS, (size, size))

    given = []
    for code in (1, 1, 1, 1):
        assert submitted(words, limit) == code
        given.append(the_store().ledger.read(len(given) + 1).mem_gb)
    assert given == [(0.5,), (1.0,), (1.5,), (2.0,)]
    [standing] = standings()
    assert standing.state.value == "failed"
    assert standing.reason.endswith(
        "; out of memory: it had the most memory that a job can get here"
    )
    assert history() == [(number, "out of memory") for number in (1, 2, 3, 4)]
    assert submit.main(words) == 0
    assert len(the_store().ledger.numbers()) == 4
    text = told(capsys)
    assert "out of memory: 1 failed" in text
    assert "MemoryError: Unable to allocate 64.0 GiB" in text
    assert "It had the most memory that a job can get here. Choose a smaller size" in text
    assert text.splitlines()[-1].endswith("runs/springs state=failed")


def test_a_process_that_the_kernel_kills_for_want_of_memory_gets_more(
    grid_file: WriteGrid, plug_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = one_cell(grid_file, "glutton", models="{glutton: {eaten_gb: 1, steps: 3}}")
    try:
        with MemoryGroup(600 << 20) as group:
            assert submitted(words, group.enter) == 1
    except PermissionError:
        pytest.skip("this user may make no control group")
    [standing] = standings()
    assert (standing.state.value, standing.reason) == (
        "stopped",
        "its process was killed (SIGKILL); goes on with 1 GiB",
    )
    text = told(capsys)
    assert "out of memory: 1 stopped" in text
    assert "killed for want of memory rose: in the job's control group" in text
    assert resume.main(["--wait"]) == 0
    assert history() == [(1, "out of memory"), (2, "finished")]
    record = the_store().ledger.read(2)
    assert (record.mem_gb, record.raised) == ((1.0,), record.cells)


def test_a_training_that_diverges_stops_and_no_other_seed_is_tried(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = "features: 8, interactions: 1, gaussians: 5, steps: 300, validate_every: 20"
    models = f"{{schnet: {{{settings}, force_weight: 1.0e+39}}}}"
    words = one_cell(grid_file, "schnet", models=models, resources="[{mem_gb: 2}]")
    assert submit.main([*words, "--wait"]) == 1
    assert history() == [(1, "diverged")]
    assert states() == ["failed"]
    assert "another seed is another cell. Then `retry` tries it again" in told(capsys)
    assert resume.main([]) == 0
    assert the_store().ledger.numbers() == [1]


def test_a_matrix_without_a_factor_stops(grid_file: WriteGrid) -> None:
    axes = "{model: [sgdml], size: [25], seed: [0]}"
    models = "{sgdml: {sigma: [9000, 10000], lam: 1.0e-30}}"
    words = one_cell(grid_file, "sgdml", axes=axes, models=models, resources="[{mem_gb: 2}]")
    assert submit.main([*words, "--wait"]) == 1
    assert history() == [(1, "not positive definite")]
    assert states() == ["failed"]


def test_frames_that_are_gone_are_bad_data(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    both = "{model: [mean], size: [10, 20], seed: [0]}"
    assert submit.main(one_cell(grid_file, "mean", axes=both, models=SLOW)) == 0
    eventually(has_begun)
    the_store().layout.dataset("springs").unlink()
    eventually(lambda: states() == ["done", "failed"])
    assert history(1) == [(1, "bad data")]
    text = told(capsys)
    assert "DataError: " in text
    assert "springs.h5: no such file" in text


def test_a_model_that_cannot_be_imported_breaks_the_environment(
    grid_file: WriteGrid, plug_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([*one_cell(grid_file, "unimportable"), "--wait"]) == 1
    assert history() == [(1, "environment broken")]
    assert "the model 'unimportable' cannot be imported here: ModuleNotFoundError" in told(capsys)
    (plug_in / "mischief_engine.py").write_text(
        "from hpcmlff.models.mean import MeanTrainer as Trainer\n"
    )
    assert resume.main(["--retry-failed", "--wait"]) == 0
    assert history() == [(1, "environment broken"), (2, "finished")]


def test_a_full_disk_is_told_and_the_cell_goes_on_where_there_is_room_again(
    grid_file: WriteGrid, tmp_path: Path
) -> None:
    with SmallDisk(tmp_path / "disk") as disk:
        if not disk.mounted:
            pytest.skip("this user may mount nothing")
        words = one_cell(grid_file, "mean", models=SLOW, store=str(disk.folder / "springs"))
        (tmp_path / "runs").symlink_to(disk.folder)
        assert submit.main(words) == 0
        store = the_store()
        cell = store.cell(store.current_grid().cells[0])
        eventually(lambda: cell.attempts() and cell.attempts()[0].generations())
        disk.leave_pages(1)
        eventually(cell.attempt(1).end.exists)
        assert json.loads(cell.attempt(1).end.read_text())["cause"] == "disk full"
        disk.clear()
        assert history() == [(1, "disk full")]
        assert states() == ["failed"]
        assert resume.main(["--retry-failed", "--wait"]) == 0
        assert states() == ["done"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_killed_by_nobody_knows_whom_is_resumed_so_often_and_no_more(
    grid_file: WriteGrid, plug_in: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    models = f"{{crasher: {{signal: {int(number)}, steps: 3}}}}"
    words = one_cell(grid_file, "crasher", models=models)
    Path("cluster_profiles/local.yaml").write_text(
        PROFILE.replace("checkpoint_interval: 1s", "checkpoint_interval: 1h")
        + "attempts_without_progress: 3\n"
    )
    for _ in range(3):
        assert submit.main([*words, "--wait"]) == 1
    assert history() == [(1, "unknown"), (2, "unknown"), (3, "unknown")]
    assert states() == ["failed"]
    text = told(capsys)
    assert f"killed by {number.name}" in text
    assert "3 attempts in a row ended without a checkpoint" in text
    # It is known to be given up before another job is submitted for it.
    assert resume.main([]) == 0
    assert the_store().ledger.numbers() == [1, 2, 3]
    assert resume.main(["--retry-failed", "--wait"]) == 1
    assert states() == ["stopped"]


def test_a_cancelled_cell_was_cancelled(grid_file: WriteGrid) -> None:
    assert submit.main(one_cell(grid_file, "mean", models=SLOW)) == 0
    eventually(has_begun)
    assert cancel.main([]) == 0
    eventually(lambda: states() == ["stopped"])
    assert history() == [(1, "cancelled")]
    assert resume.main(["--wait"]) == 0
    assert history() == [(1, "cancelled"), (2, "finished")]


def test_a_rule_of_the_grid_lets_what_failed_go_on_until_it_is_given_up(
    grid_file: WriteGrid, plug_in: Path
) -> None:
    words = one_cell(grid_file, "unimportable", on_failure="{broken_environment: resume}")
    for _ in range(5):
        assert submit.main([*words, "--wait"]) == 1
    assert history() == [(number, "environment broken") for number in range(1, 6)]
    assert states() == ["failed"]
    assert submit.main(words) == 0
    assert the_store().ledger.numbers() == [1, 2, 3, 4, 5]
    # Who changes his mind needs nothing but the new rule and a retry.
    (plug_in / "mischief_engine.py").write_text(
        "from hpcmlff.models.mean import MeanTrainer as Trainer\n"
    )
    assert submit.main([*words, "--retry-failed", "--wait"]) == 0


def test_a_rule_of_the_profile_lets_what_would_go_on_stop(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cluster_profiles/local.yaml").write_text(f"{PROFILE}on_failure: {{cancelled: stop}}\n")
    assert submit.main(one_cell(grid_file, "mean", models=SLOW)) == 0
    eventually(has_begun)
    assert cancel.main([]) == 0
    eventually(lambda: states() == ["failed"])
    assert standings()[0].reason == "SIGTERM; cancelled: on_failure says stop"
    assert resume.main([]) == 0
    assert "nothing to train" in capsys.readouterr().err


def test_scripts_get_every_attempt_with_cause_evidence_and_rule(
    grid_file: WriteGrid, plug_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([*one_cell(grid_file, "unimportable"), "--wait"]) == 1
    facts: dict[str, Any] = json.loads(told(capsys, "--json"))
    [cell] = facts["cells"]
    assert cell["state"] == "failed"
    [found] = cell["diagnoses"]
    assert {key: found[key] for key in ("attempt", "cause", "rule", "mem_gb")} == {
        "attempt": 1,
        "cause": "environment broken",
        "rule": "stop",
        "mem_gb": None,
    }
    assert found["evidence"][-1] == "no checkpoint"


def test_where_nothing_has_failed_it_says_so(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main([*one_cell(grid_file, "mean"), "--wait"]) == 0
    assert told(capsys).splitlines()[-1] == "no cell has failed or stopped"


def test_a_wrong_rule_is_refused_with_its_line(
    grid_file: WriteGrid, capsys: pytest.CaptureFixture[str]
) -> None:
    assert submit.main(one_cell(grid_file, "mean", on_failure="{diverged: another_seed}")) == 3
    assert "on_failure.diverged: input should be 'resume' or 'stop'" in capsys.readouterr().err
    assert submit.main(one_cell(grid_file, "mean", on_failure="{out_of_memori: stop}")) == 3
    assert "Did you mean 'out_of_memory'?" in capsys.readouterr().err
